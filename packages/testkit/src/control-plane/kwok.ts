import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sourceOf } from './binaries.ts';

/** What KWOK plays: nodes become ready and keep their lease, pods run, complete and go. From KWOK's own module. */
const STAGES = [
  'kustomize/stage/node/fast/node-initialize.yaml',
  'kustomize/stage/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml',
  'kustomize/stage/pod/fast/pod-ready.yaml',
  'kustomize/stage/pod/fast/pod-complete.yaml',
  'kustomize/stage/pod/fast/pod-delete.yaml',
];

/** KWOK's command line for managing every node of the cluster. */
export async function kwokArguments(kubeconfig: string, folder: string): Promise<string[]> {
  const source = await sourceOf('kwok');
  const stages = await Promise.all(STAGES.map((stage) => readFile(join(source, stage), 'utf8')));
  const config = join(folder, 'kwok.yaml');
  await writeFile(config, stages.join('\n---\n'));
  return [
    ...['--kubeconfig', kubeconfig, '--config', config, '--manage-all-nodes=true'],
    ...['--node-lease-duration-seconds', '40'],
  ];
}
