import { readFile } from 'node:fs/promises';
import { arch, release } from 'node:os';
import { isOlder, type NodeReport } from '@restow/migration';
import { ProgramError, runProgram } from '../host/run-program.ts';
import type { Runc } from '../host/runc.ts';

const CHECK_MS = 20_000;
const KIB = 1024;
/** The oldest whose checkpoints come back on current kernels. */
const OLDEST_CRIU = '4.0';

export type NodeFacts = Omit<NodeReport, 'node' | 'movesAtOnce' | 'moves' | 'availableBytes'>;

/**
 * What this node has for moving pods live, and what it lacks. Asked once: it changes only when somebody installs something.
 * `mayBeSwapped`: the archives may be.
 */
export async function nodeFacts(runc: Runc, mayBeSwapped: boolean): Promise<NodeFacts> {
  const blockers: string[] = [];
  const [criu, runcVersion, cpu] = await Promise.all([
    criuVersion(),
    runc.version(),
    readFile('/proc/cpuinfo', 'utf8'),
  ]);
  if (criu === null) blockers.push('criu is not installed');
  else if (isOlder(criu, OLDEST_CRIU)) blockers.push(`criu ${criu} is older than ${OLDEST_CRIU}`);
  else {
    const problem = await criuProblem();
    if (problem !== null) blockers.push(problem);
  }
  if (runcVersion === null) blockers.push('runc is not installed');
  for (const program of ['nft', 'ip', 'nsenter', 'tar', 'du']) {
    const isThere = await runProgram([program, '--version'], { limitMs: CHECK_MS }).then(
      () => true,
      (error) => error instanceof ProgramError && !/ENOENT/.test(error.message),
    );
    if (!isThere) blockers.push(`${program} is not installed`);
  }
  if (mayBeSwapped && (await isSwapping()))
    blockers.push('the node swaps: the memory of a pod on its way could reach a disk');
  const [, flags = ''] = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpu) ?? [];
  return {
    architecture: arch(),
    kernel: release(),
    criu,
    runc: runcVersion,
    cpuFlags: flags.split(' ').filter(Boolean),
    blockers,
  };
}

/** Memory that can be had without taking it from anybody. */
export async function availableBytes(): Promise<number> {
  const [, kib] = /^MemAvailable:\s+(\d+)/m.exec(await readFile('/proc/meminfo', 'utf8')) ?? [];
  return Number(kib ?? 0) * KIB;
}

async function criuVersion(): Promise<string | null> {
  const text = await runProgram(['criu', '--version'], { limitMs: CHECK_MS }).catch(() => '');
  return /^Version: (\S+)/m.exec(text)?.[1] ?? null;
}

/** CRIU tries out what it needs of the kernel. */
async function criuProblem(): Promise<string | null> {
  try {
    await runProgram(['criu', 'check'], { limitMs: CHECK_MS });
    return null;
  } catch (error) {
    return `criu cannot work here: ${(error as Error).message}`;
  }
}

async function isSwapping(): Promise<boolean> {
  const lines = (await readFile('/proc/swaps', 'utf8')).trimEnd().split('\n');
  return lines.slice(1).some((line) => !line.startsWith('/dev/zram'));
}
