import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CLIENT = fileURLToPath(new URL('redis-client.ts', import.meta.url));
const COMMITTER = fileURLToPath(new URL('mariadb-client.ts', import.meta.url));
const FILLER = fileURLToPath(new URL('redis-filler.ts', import.meta.url));
const PROBER = fileURLToPath(new URL('redis-prober.ts', import.meta.url));

export interface Increments {
  readonly answers: number;
  /** Answers that were not the one after the one before. */
  readonly wrong: number;
  readonly last: number;
  readonly longestSilenceMs: number;
  /** null: the one connection held. */
  readonly lostBecause: string | null;
}

export interface Stoppable<Result> {
  stop(): Promise<Result>;
}
/** A client of redis on one connection, from its start until it is stopped. */
export type Client = Stoppable<Increments>;

/** `enter`: puts it on the pods' network. Resolves when it is connected. */
export async function incrementing(enter: readonly string[], host: string, key: string): Promise<Client> {
  return started<Increments>([...enter, process.execPath, CLIENT, host, key]);
}

export interface Commits {
  /** What was acknowledged. */
  readonly commits: number;
  /** What is there: rows, different ones of them, and the greatest. */
  readonly rows: number;
  readonly distinct: number;
  readonly greatest: number;
  readonly lostBecause: string | null;
}

/** A client of MariaDB on one connection, with one small transaction after the other. */
export async function committing(enter: readonly string[], host: string): Promise<Stoppable<Commits>> {
  return started<Commits>([...enter, process.execPath, COMMITTER, host]);
}

/** Fills a redis with so many megabytes that nothing could make shorter. */
export async function fillWithNoise(enter: readonly string[], host: string, megabytes: number, port = 6379) {
  const [command, ...args] = [...enter, process.execPath, FILLER, host, String(port), String(megabytes)];
  await promisify(execFile)(command!, args);
}

/** Somebody who connects anew all the time, and says how long nobody answered. */
export async function probing(
  enter: readonly string[],
  host: string,
  port = 6379,
): Promise<Stoppable<{ readonly outageMs: number }>> {
  return started([...enter, process.execPath, PROBER, host, String(port)]);
}

async function started<Result>(line: readonly string[]): Promise<Stoppable<Result>> {
  const [command, ...args] = line;
  const child = spawn(command!, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.on('data', (part) => {
    output += part;
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (part) => {
      errors += part;
      if (errors.includes('connected')) resolve();
    });
    child.once('close', () => reject(new Error(`the client ended: ${errors}`)));
  });
  const stop = async () => {
    child.stdin.end();
    await ended;
    return JSON.parse(output) as Result;
  };
  return { stop };
}
