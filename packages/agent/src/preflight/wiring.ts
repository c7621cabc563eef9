import { readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const BUNDLES = '/run/containerd/io.containerd.runtime.v2.task/k8s.io';
const CNI_FOLDER = '/etc/cni/net.d';
const DEFAULT_CONFIG = '/etc/containerd/config.toml';

const optionsSchema = z.looseObject({ binary_name: z.string().optional() });

/**
 * Whether containerd really calls the shim in place of runc, and in front of the network plugin. Where it does not, a pod
 * that comes here would start cold. By what runs now; on a node where nothing does, by containerd's configuration.
 */
export async function wiringProblems(shim: string): Promise<readonly string[]> {
  const problems: string[] = [];
  const own = await resolved(shim);
  if (own === null) problems.push(`there is no shim at ${shim}`);
  const used = await runtimesInUse();
  const foreign = [...used].filter((path) => path !== own);
  if (foreign.length > 0) problems.push(`containerd starts containers by ${foreign.join(', ')} and not by the shim`);
  else if (used.size === 0 && !(await containerdConfig()).includes(`"${shim}"`)) {
    problems.push("containerd's configuration does not name the shim (BinaryName)");
  }
  const names = await readdir(CNI_FOLDER).catch(() => []);
  const texts = await Promise.all(names.map((name) => readFile(join(CNI_FOLDER, name), 'utf8').catch(() => '')));
  if (!texts.some((text) => text.includes('"restow-cni"'))) {
    problems.push('no network configuration here calls restow-cni, so that addresses cannot be kept');
  }
  return problems;
}

async function runtimesInUse(): Promise<ReadonlySet<string>> {
  const used = new Set<string>();
  for (const id of await readdir(BUNDLES).catch(() => [])) {
    const text = await readFile(join(BUNDLES, id, 'options.json'), 'utf8').catch(() => null);
    if (text === null) continue;
    const name = optionsSchema.parse(JSON.parse(text)).binary_name ?? 'runc';
    used.add((await resolved(name)) ?? name);
  }
  return used;
}

/** As the containerd that runs was told to read it; imported files are not looked at. */
async function containerdConfig(): Promise<string> {
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    if (!args[0]?.endsWith('containerd')) continue;
    const at = args.findIndex((arg) => arg === '--config' || arg === '-c');
    return readFile(at < 0 ? DEFAULT_CONFIG : args[at + 1]!, 'utf8').catch(() => '');
  }
  return '';
}

function resolved(path: string): Promise<string | null> {
  return realpath(path).catch(() => null);
}
