import { stat } from 'node:fs/promises';
import type { Preflight, Refusal, WirePod } from '@restow/migration';
import { emptyDirsOf, mountKind } from '../archive/volumes.ts';
import { upperFolderOf } from '../archive/writable-layer.ts';
import type { Addresses } from '../host/addresses.ts';
import { containersOf, type NodeContainer } from '../host/bundles.ts';
import { podNetworkOf } from '../host/pod-network.ts';
import { runProgram } from '../host/run-program.ts';
import type { Runc } from '../host/runc.ts';
import type { AgentLimits } from '../limits.ts';
import { inspectProcesses } from './processes.ts';
import { whyNoRoom } from './room.ts';

const DU_MS = 30_000;
const MEBIBYTE = 2 ** 20;

export interface PreflightTools {
  readonly runc: Runc;
  readonly addresses: Addresses;
  readonly limits: AgentLimits;
}

/** Whether the pod could be moved from here, with every reason why not. Looks only. */
export async function preflight(
  pod: WirePod,
  { runc, addresses, limits }: PreflightTools,
): Promise<Preflight | Refusal> {
  const containers = await containersOf(pod.uid);
  if (containers.length === 0) return { ok: false, reasons: [`${pod.namespace}/${pod.name} has no container here`] };
  const reasons: string[] = [];
  let memoryBytes = 0;
  let fileBytes = 0;
  const emptyDirs = emptyDirsOf(containers);
  let firstPid: number | null = null;
  for (const container of containers) {
    const state = await runc.state(container.id);
    if (state?.status !== 'running') {
      reasons.push(`container ${container.name} is ${state?.status ?? 'not there'}`);
      continue;
    }
    firstPid ??= state.pid;
    const found = await inspectContainer(container, await runc.pids(container.id));
    reasons.push(...found.reasons.map((reason) => `container ${container.name}: ${reason}`));
    memoryBytes += found.memoryBytes;
    const upper = await upperFolderOf(state.pid);
    if (upper === null) reasons.push(`container ${container.name}: its root is no overlay`);
    const folders = [...(upper === null ? [] : [upper]), ...emptyDirs.get(container.name)!.map(({ source }) => source)];
    for (const folder of folders) fileBytes += await sizeOf(folder);
  }
  const bytes = memoryBytes + fileBytes;
  const noRoom = await whyNoRoom({ bytes, allBytes: bytes, copies: 1 }, limits);
  if (noRoom !== null) reasons.push(noRoom);
  const network = firstPid === null ? null : await podNetworkOf(firstPid);
  if (typeof network === 'string') reasons.push(network);
  if (reasons.length > 0 || network === null || typeof network === 'string') return { ok: false, reasons };
  const names = containers.map(({ name }) => name);
  const address = { ...network.address, origin: await addresses.originOf(network.address.ip) };
  return { ok: true, containers: names, memoryBytes, fileBytes, address };
}

async function inspectContainer(container: NodeContainer, pids: readonly number[]) {
  const { podUid, mounts, namespaces, devices } = container;
  const fromTheApi = mounts.filter((mount) => mountKind(podUid, mount) === 'from-the-api');
  const { reasons, memoryBytes } = await inspectProcesses(
    pids,
    fromTheApi.map(({ destination }) => destination),
  );
  const found = [...reasons];
  for (const mount of mounts) {
    if (mountKind(podUid, mount) !== 'of-the-node' || mount.source.startsWith('/dev/')) continue;
    const info = await stat(mount.source).catch(() => null);
    if (info?.isSocket() === true)
      found.push(`the socket ${mount.source} of the node is mounted at ${mount.destination}`);
  }
  if (devices.some((path) => !path.startsWith('/dev/')))
    found.push(`it has devices of the node: ${devices.join(', ')}`);
  if (namespaces.get('network') == null) found.push('it is in the network of the node');
  if (namespaces.get('pid') != null) found.push('it shares its processes with other containers');
  if (namespaces.has('user')) found.push('it is in a user namespace');
  return { reasons: found, memoryBytes };
}

async function sizeOf(folder: string): Promise<number> {
  const text = await runProgram(['du', '--summarize', '--block-size=1M', '--one-file-system', folder], {
    limitMs: DU_MS,
  });
  return Number(text.split('\t')[0]) * MEBIBYTE;
}
