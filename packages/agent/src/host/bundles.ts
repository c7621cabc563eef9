import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** Where containerd keeps the bundles of what runs. Source: containerd, core/runtime/v2. */
const DEFAULT_FOLDER = '/run/containerd/io.containerd.runtime.v2.task/k8s.io';

const bundleSchema = z.looseObject({
  annotations: z.record(z.string(), z.string()).default({}),
  mounts: z
    .array(z.looseObject({ destination: z.string(), type: z.string().optional(), source: z.string().optional() }))
    .default([]),
  linux: z.looseObject({
    namespaces: z.array(z.looseObject({ type: z.string(), path: z.string().optional() })).default([]),
    devices: z.array(z.looseObject({ path: z.string() })).nullish(),
  }),
});

export interface Mount {
  readonly destination: string;
  /** On the node. */
  readonly source: string;
}

/** A container as containerd has given it to runc. */
export interface NodeContainer {
  readonly id: string;
  readonly name: string;
  readonly podUid: string;
  readonly sandboxId: string;
  /** What is mounted from the node. */
  readonly mounts: readonly Mount[];
  readonly devices: readonly string[];
  readonly namespaces: ReadonlyMap<string, string | null>;
  readonly folder: string;
}

/** The running containers of a pod, without its sandbox. */
export async function containersOf(podUid: string, folder = DEFAULT_FOLDER): Promise<readonly NodeContainer[]> {
  const found: NodeContainer[] = [];
  for (const id of await readdir(folder).catch(() => [])) {
    const text = await readFile(join(folder, id, 'config.json'), 'utf8').catch(() => null);
    if (text === null) continue;
    const { annotations, mounts, linux } = bundleSchema.parse(JSON.parse(text));
    if (annotations['io.kubernetes.cri.sandbox-uid'] !== podUid) continue;
    if (annotations['io.kubernetes.cri.container-type'] !== 'container') continue;
    found.push({
      id,
      name: annotations['io.kubernetes.cri.container-name'] ?? '',
      podUid,
      sandboxId: annotations['io.kubernetes.cri.sandbox-id'] ?? '',
      mounts: mounts.flatMap(({ destination, source, type }) =>
        type === 'bind' && source !== undefined ? [{ destination, source }] : [],
      ),
      devices: (linux.devices ?? []).map(({ path }) => path),
      namespaces: new Map(linux.namespaces.map(({ type, path }) => [type, path ?? null])),
      folder: join(folder, id),
    });
  }
  return found;
}
