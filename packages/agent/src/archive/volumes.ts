import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Mount, NodeContainer } from '../host/bundles.ts';
import { saveTree } from './writable-layer.ts';

/** Where kubelet keeps a pod's volumes. Source: kubelet, `--root-dir`. */
const KUBELET_FOLDER = '/var/lib/kubelet/pods';

/** What becomes of a mount when its pod moves. */
export type MountKind = 'empty-dir' | 'from-the-api' | 'persistent' | 'of-the-runtime' | 'of-the-node';

/** By where kubelet and containerd have put what is mounted. */
export function mountKind(podUid: string, { source }: Mount): MountKind {
  if (source.startsWith('/var/lib/containerd/') || source.startsWith('/run/containerd/')) return 'of-the-runtime';
  const pod = `${KUBELET_FOLDER}/${podUid}/`;
  if (!source.startsWith(pod)) return 'of-the-node';
  const [folder, plugin] = source.slice(pod.length).split('/') as [string, string | undefined];
  // /etc/hosts and termination logs.
  if (folder === 'etc-hosts' || folder === 'containers') return 'of-the-runtime';
  if (folder === 'volume-subpaths') return 'persistent';
  if (plugin === 'kubernetes.io~empty-dir') return 'empty-dir';
  return /^kubernetes\.io~(configmap|secret|projected|downward-api)$/.test(plugin ?? '')
    ? 'from-the-api'
    : 'persistent';
}

/** The emptyDirs of a pod, each with the container that is restored first of those that have it. */
export function emptyDirsOf(containers: readonly NodeContainer[]): ReadonlyMap<string, readonly Mount[]> {
  const seen = new Set<string>();
  return new Map(
    containers.map(({ name, podUid, mounts }) => {
      const own = mounts.filter((mount) => mountKind(podUid, mount) === 'empty-dir' && !seen.has(mount.source));
      for (const { source } of own) seen.add(source);
      return [name, own];
    }),
  );
}

/** Saves volumes as the shim puts them back (`shim/files.go`). */
export async function saveVolumes(mounts: readonly Mount[], into: string): Promise<void> {
  const volumes: Record<string, string> = {};
  for (const [index, { destination, source }] of mounts.entries()) {
    const tar = `volume-${index}.tar`;
    await saveTree(source, join(into, tar));
    volumes[destination] = tar;
  }
  await writeFile(join(into, 'volumes.json'), JSON.stringify(volumes), { mode: 0o600 });
}
