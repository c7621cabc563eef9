import { AgentConnection, doneAnswer } from '@restow/migration';
import { Readable } from 'node:stream';
import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
const creds = JSON.parse(readFileSync('/tmp/creds.json', 'utf8'));
const MB = Number(process.argv[2]); const chunk = Number(process.argv[3]); const hash = process.argv[4] === 'hash';
const c = await AgentConnection.open('n1', 'https://127.0.0.1:9555', creds);
async function* gen() { const b = Buffer.allocUnsafe(chunk * 2 ** 20).fill(7); for (let i = 0; i < MB / chunk; i++) { if (hash) createHash('sha256').update(b).digest(); yield b; } }
const t = performance.now(); const cpu = process.cpuUsage();
await c.upload('/v1/x', Readable.from(gen(), { objectMode: false, highWaterMark: 2 ** 23 }), doneAnswer, AbortSignal.timeout(60000));
const ms = performance.now() - t; const u = process.cpuUsage(cpu);
console.log(MB, 'MB', ms.toFixed(0), 'ms', (MB / ms * 1000).toFixed(0), 'MB/s cpu', ((u.user + u.system) / 1000).toFixed(0));
c.close();
