import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** What CRIU cannot carry over. Source: CRIU, "What cannot be checkpointed". */
const FOREIGN_FILES = /^anon_inode:\[?(io_uring|perf_event|userfaultfd|bpf|kvm)/;
/** Devices that are the same on every node. */
const COMMON_DEVICES =
  /^\/dev\/(null|zero|full|random|urandom|tty|ptmx|pts\/\d+|console|shm\/.*|stdin|stdout|stderr|mqueue\/.*)$/;
const CAP_SYS_RESOURCE = 24n;
const KIB = 1024;

export interface ProcessFindings {
  readonly reasons: readonly string[];
  /** That a checkpoint would hold. */
  readonly memoryBytes: number;
}

/** Looks at every process of a container as the kernel shows it; nothing is stopped for it. */
export async function inspectProcesses(
  pids: readonly number[],
  fromTheApi: readonly string[],
): Promise<ProcessFindings> {
  const reasons = new Set<string>();
  const mayReadOthers = await hasCapability(CAP_SYS_RESOURCE);
  let memoryBytes = 0;
  for (const pid of pids) {
    const status = fieldsOf(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''));
    const name = `${status.get('Name')} (${pid})`;
    memoryBytes += (kib(status.get('RssAnon')) + kib(status.get('RssShmem')) + kib(status.get('VmSwap'))) * KIB;
    if ((status.get('TracerPid') ?? '0') !== '0') reasons.add(`${name} is being traced`);
    const uids = new Set((status.get('Uid') ?? '0').split('\t'));
    if (!mayReadOthers && (uids.size > 1 || !uids.has('0'))) {
      reasons.add(
        `${name} runs as user ${[...uids].join('/')}, and this agent lacks CAP_SYS_RESOURCE, without which CRIU reads only root's processes`,
      );
    }
    for (const file of await openFilesOf(pid)) {
      const [, what] = FOREIGN_FILES.exec(file) ?? [];
      if (what !== undefined) reasons.add(`${name} uses ${what}, which no checkpoint can hold`);
      if (file.startsWith('/dev/') && !COMMON_DEVICES.test(file)) reasons.add(`${name} has the device ${file} open`);
      // The target's kubelet makes them anew, in folders of other names.
      const mount = fromTheApi.find((path) => file.startsWith(`${path}/`));
      if (mount !== undefined) reasons.add(`${name} has ${file} open, which kubelet makes anew for each pod`);
    }
  }
  return { reasons: [...reasons], memoryBytes };
}

async function openFilesOf(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  return Promise.all(names.map((name) => readlink(join(folder, name)).catch(() => '')));
}

async function hasCapability(number: bigint): Promise<boolean> {
  const status = fieldsOf(await readFile('/proc/self/status', 'utf8'));
  return ((BigInt(`0x${status.get('CapEff') ?? '0'}`) >> number) & 1n) === 1n;
}

function fieldsOf(text: string): ReadonlyMap<string, string> {
  return new Map(text.split('\n').map((line) => line.split(/:\s*/, 2) as [string, string]));
}

function kib(text: string | undefined): number {
  return Number(text?.split(' ')[0] ?? 0);
}
