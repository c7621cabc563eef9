import { connect } from 'node:net';

/**
 * A client of redis with one connection for all its life: `node redis-client.ts HOST KEY` counts KEY up every few
 * milliseconds, one after the other, until its input ends, and says then how it went. It never connects again.
 */
const [host, key] = process.argv.slice(2) as [string, string];
const PAUSE_MS = 3;
/** Longer than TCP is silent after any move. */
const SILENCE_MS = 30_000;

let answers = 0;
let wrong = 0;
let last = 0;
let longestSilenceMs = 0;
let lostBecause: string | null = null;
let isOver = false;

const socket = connect({ host, port: 6379, noDelay: true });
socket.on('error', (error) => {
  lostBecause = error.message;
});
socket.on('close', () => {
  lostBecause ??= isOver ? null : 'closed';
  report();
});
process.stdin.resume().on('end', () => {
  isOver = true;
  setTimeout(() => {
    lostBecause ??= 'nobody answers';
    socket.destroy();
  }, SILENCE_MS);
});

await new Promise<void>((resolve) => socket.once('connect', resolve));
let heardAt = performance.now();
process.stderr.write('connected\n');
let pending = '';
const ask = () => socket.write(`INCR ${key}\r\n`);
socket.on('data', (data) => {
  pending += data.toString('latin1');
  if (!pending.endsWith('\r\n')) return;
  const value = Number(pending.slice(1));
  pending = '';
  answers++;
  if (value !== last + 1) wrong++;
  last = value;
  const now = performance.now();
  longestSilenceMs = Math.max(longestSilenceMs, now - heardAt);
  heardAt = now;
  if (isOver) socket.end();
  else setTimeout(ask, PAUSE_MS);
});
ask();

function report(): void {
  const result = { answers, wrong, last, longestSilenceMs: Math.round(longestSilenceMs), lostBecause };
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
}
