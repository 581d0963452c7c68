package main

import (
	"sync"

	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	"github.com/spf13/cobra"
	core "k8s.io/api/core/v1"
	"k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// newNetworkPolicyCommand enforces NetworkPolicy with only kube-router's controller, like k3s. The rest of kube-router
// (BGP, service proxy, cloud SDKs) is not used and would take minutes to build.
func newNetworkPolicyCommand() *cobra.Command {
	config := options.NewKubeRouterConfig()
	var enforcedPods string
	command := &cobra.Command{
		Use:           "kube-network-policy",
		Short:         "Enforces NetworkPolicy on this node",
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(*cobra.Command, []string) error {
			stop := server.SetupSignalHandler()
			client, err := clientcmd.BuildConfigFromFlags("", config.Kubeconfig)
			if err != nil {
				return err
			}
			clientset, err := kubernetes.NewForConfig(client)
			if err != nil {
				return err
			}
			factory := informers.NewSharedInformerFactory(clientset, 0)
			pods := factory.Core().V1().Pods().Informer()
			namespaces := factory.Core().V1().Namespaces().Informer()
			policies := factory.Networking().V1().NetworkPolicies().Informer()
			factory.Start(stop)
			factory.WaitForCacheSync(stop)

			iptables, ipsets, err := netpol.NewIPTablesHandlers(config)
			if err != nil {
				return err
			}
			controller, err := netpol.NewNetworkPolicyController(clientset, config, pods, policies, namespaces,
				&sync.Mutex{}, nil, iptables, ipsets)
			if err != nil {
				return err
			}
			if _, err := pods.AddEventHandler(controller.PodEventHandler); err != nil {
				return err
			}
			if _, err := namespaces.AddEventHandler(controller.NamespaceEventHandler); err != nil {
				return err
			}
			if _, err := policies.AddEventHandler(controller.NetworkPolicyEventHandler); err != nil {
				return err
			}
			gate := newPodGate(enforcedPods, pods.GetStore(), iptables[core.IPv4Protocol])
			if _, err := pods.AddEventHandler(gate); err != nil {
				return err
			}
			go gate.run(stop)
			heartbeats := make(chan *healthcheck.ControllerHeartbeat, 10)
			go func() {
				for range heartbeats { // the controller blocks if the channel is full
				}
			}()
			var running sync.WaitGroup
			running.Add(1)
			controller.Run(heartbeats, stop, &running)
			return nil
		},
	}
	config.AddFlags(command.Flags())
	command.Flags().StringVar(&enforcedPods, "enforced-pods", "",
		"ipset for the addresses of pods whose network policies are in force")
	return command
}
