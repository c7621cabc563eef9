const KINDS = [
  'nodes',
  'pods',
  'poddisruptionbudgets',
  'persistentvolumes',
  'persistentvolumeclaims',
  'storageclasses',
  'csinodes',
  'priorityclasses',
  'replicasets',
  'deployments',
  'statefulsets',
  'daemonsets',
  'jobs',
  'horizontalpodautoscalers',
  'namespaces',
];

/** The commands that read what a plan needs, for a cluster without and with Karpenter. */
export function kubectlCommands(): { readonly plain: string; readonly karpenter: string } {
  const command = (kinds: readonly string[]) => `kubectl get ${kinds.join(',')} -A -o json`;
  return { plain: command(KINDS), karpenter: command([...KINDS, 'nodepools.karpenter.sh', 'nodeclaims.karpenter.sh']) };
}
