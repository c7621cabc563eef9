import { connect } from 'node:net';

/**
 * Somebody who has no connection: `node redis-prober.ts HOST PORT` connects anew every few milliseconds, and says at the
 * end of its input for how long at most nobody answered.
 */
const [host, port] = process.argv.slice(2) as [string, string];
const PAUSE_MS = 10;
const PATIENCE_MS = 200;

let isOver = false;
let answeredAt: number | null = null;
let outageMs = 0;
process.stdin.resume().on('end', () => {
  isOver = true;
});

// Whoever waits for one that does not answer would come late to see that it does again.
while (!isOver) {
  void answers().then((answered) => {
    if (!answered) return;
    const now = performance.now();
    if (answeredAt === null) process.stderr.write('connected\n');
    else outageMs = Math.max(outageMs, now - answeredAt);
    answeredAt = now;
  });
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
process.stdout.write(`${JSON.stringify({ outageMs: Math.round(outageMs) })}\n`, () => process.exit(0));

function answers(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), noDelay: true });
    const end = (answered: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answered);
    };
    const timer = setTimeout(() => end(false), PATIENCE_MS);
    socket.on('error', () => end(false));
    socket.on('connect', () => socket.write('PING\r\n'));
    socket.on('data', () => end(true));
  });
}
