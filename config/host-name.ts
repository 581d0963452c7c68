/** A DNS name as Kubernetes accepts it in externalName. An IP address would be resolved as a name, without success. */
export const hostNamePattern =
  /^(?=.{1,253}$)(?!.*\.\d+\.?$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+\.?$/;
