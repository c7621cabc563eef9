import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** What it costs to begin: time and memory of the command, and of loading each cloud's adapter up to its first client. */
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '7' }, json: { type: 'boolean' } } });
const BIN = fileURLToPath(new URL('../../packages/cli/bin/restow.js', import.meta.url));
const REPORT = 'process.on("exit", () => process.stderr.write("\\n" + process.resourceUsage().maxRSS));';
const REPORTING = ['--import', `data:text/javascript,${encodeURIComponent(REPORT)}`];

const evaluated = (code: string) => [...REPORTING, '--input-type=module', '--eval', code];
const CASES: Readonly<Record<string, readonly string[]>> = {
  'node alone': evaluated(''),
  'restow --help': [...REPORTING, BIN, '--help'],
  'restow version': [...REPORTING, BIN, 'version'],
  '@restow/aws, a client of EC2': evaluated(
    "const { AwsClients } = await import('@restow/aws'); await new AwsClients('us-east-1').ec2();",
  ),
  '@restow/aws, a client of Auto Scaling': evaluated(
    "const { AwsClients } = await import('@restow/aws'); await new AwsClients('us-east-1').autoScaling();",
  ),
  '@restow/gcp, a client of machine types': evaluated(
    "const { GcpClients } = await import('@restow/gcp'); await new GcpClients('us-central1').machineTypes();",
  ),
  '@restow/gcp, a client of the catalogue': evaluated(
    "const { GcpClients } = await import('@restow/gcp'); await new GcpClients('us-central1').catalog();",
  ),
};

for (const [name, args] of Object.entries(CASES)) {
  const rounds = Array.from({ length: Number(values.rounds) }, () => measured(args));
  const line = {
    case: name,
    ms: median(rounds.map(({ ms }) => ms)),
    rssMiB: median(rounds.map(({ rssMiB }) => rssMiB)),
  };
  const text = `${name.padEnd(42)} ${String(line.ms).padStart(6)} ms ${String(line.rssMiB).padStart(5)} MiB`;
  process.stdout.write(`${values.json === true ? JSON.stringify(line) : text}\n`);
}

function measured(args: readonly string[]): { readonly ms: number; readonly rssMiB: number } {
  const began = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, {
    cwd: fileURLToPath(new URL('../../packages/cli', import.meta.url)),
    env: { ...process.env, AWS_EC2_METADATA_DISABLED: 'true' },
  });
  const ms = Math.round(performance.now() - began);
  if (status !== 0) throw new Error(stderr.toString());
  return { ms, rssMiB: Math.round(Number(stderr.toString().trim().split('\n').at(-1)) / 1024) };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!;
}
