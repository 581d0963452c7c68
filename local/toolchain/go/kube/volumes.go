package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	storage "sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// newVolumesCommand provisions a folder of this node for each claim of storage class "standard". The controller
// manager's host-path provisioner can't be used: root owns its folders, and the kubelet applies fsGroup only to local
// volumes.
func newVolumesCommand() *cobra.Command {
	var kubeconfig, folder, node string
	command := &cobra.Command{
		Use:           "kube-volumes",
		Short:         "Provisions local volumes on this node",
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(*cobra.Command, []string) error {
			ctx := server.SetupSignalContext()
			config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
			if err != nil {
				return err
			}
			client, err := kubernetes.NewForConfig(config)
			if err != nil {
				return err
			}
			storage.NewProvisionController(ctx, client, "marquee.local/volumes", volumes{folder, node},
				storage.LeaderElection(false), storage.MetricsPort(0)).Run(ctx)
			return nil
		},
	}
	command.Flags().StringVar(&kubeconfig, "kubeconfig", "", "kubeconfig of a user that may create persistent volumes")
	command.Flags().StringVar(&folder, "folder", "", "parent folder of the volumes")
	command.Flags().StringVar(&node, "node", "", "this node's name")
	return command
}

type volumes struct{ folder, node string }

func (v volumes) path(name string) string { return filepath.Join(v.folder, name) }

func (v volumes) Provision(_ context.Context, options storage.ProvisionOptions) (*core.PersistentVolume, storage.ProvisioningState, error) {
	path := v.path(options.PVName)
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, storage.ProvisioningFinished, err
	}
	mode := core.PersistentVolumeFilesystem
	return &core.PersistentVolume{
		ObjectMeta: meta.ObjectMeta{Name: options.PVName},
		Spec: core.PersistentVolumeSpec{
			PersistentVolumeReclaimPolicy: *options.StorageClass.ReclaimPolicy,
			AccessModes:                   options.PVC.Spec.AccessModes,
			VolumeMode:                    &mode,
			// The requested capacity is not enforced: a folder may fill the disk.
			Capacity: core.ResourceList{
				core.ResourceStorage: options.PVC.Spec.Resources.Requests[core.ResourceStorage],
			},
			PersistentVolumeSource: core.PersistentVolumeSource{Local: &core.LocalVolumeSource{Path: path}},
			NodeAffinity: &core.VolumeNodeAffinity{Required: &core.NodeSelector{NodeSelectorTerms: []core.NodeSelectorTerm{{
				MatchExpressions: []core.NodeSelectorRequirement{
					{Key: core.LabelHostname, Operator: core.NodeSelectorOpIn, Values: []string{v.node}},
				},
			}}}},
		},
	}, storage.ProvisioningFinished, nil
}

func (v volumes) Delete(_ context.Context, volume *core.PersistentVolume) error {
	return os.RemoveAll(v.path(volume.Name))
}
