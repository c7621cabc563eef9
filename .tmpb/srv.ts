import { createSecureServer } from 'node:http2';
import { open } from 'node:fs/promises';
import { createAuthority, issue, AgentConnection, doneAnswer, WINDOW_BYTES, FRAME_BYTES } from '@restow/migration';
import { writeFileSync } from 'node:fs';
const a = await createAuthority(new Date());
const ag = await issue(a, { role: 'agent', name: 'n1', hours: 1 }, new Date());
writeFileSync('/tmp/creds.json', JSON.stringify(ag));
const server = createSecureServer({ ca: ag.authority, cert: ag.certificate, key: ag.key, requestCert: true, minVersion: 'TLSv1.3', settings: { initialWindowSize: WINDOW_BYTES, maxFrameSize: FRAME_BYTES } });
server.on('session', (s) => s.setLocalWindowSize(WINDOW_BYTES));
const mode = process.argv[2];
if (mode === 'stream') server.on('stream', async (stream) => {
  const f = await open('/dev/shm/x.out', 'w'); let n = 0, c = 0;
  for await (const chunk of stream) { n += chunk.length; c++; await f.writev([chunk]); }
  await f.close();
  console.log('chunks', c, n / c);
  stream.respond({ ':status': 200 }); stream.end(JSON.stringify({ version: 1, ok: true, phasesMs: {} }));
});
else server.on('request', async (request, response) => {
  const f = await open('/dev/shm/x.out', 'w'); let n = 0, c = 0;
  for await (const chunk of request) { n += chunk.length; c++; if (mode !== 'null') await f.writev([chunk]); }
  await f.close();
  console.log('chunks', c, n / c);
  response.stream.respond({ ':status': 200 }); response.stream.end(JSON.stringify({ version: 1, ok: true, phasesMs: {} }));
});
server.listen(9555, '127.0.0.1', () => console.log('up'));
import { openSync, writeSync, closeSync, writevSync } from 'node:fs';
import tls from 'node:tls';
if (mode === 'sync') { server.removeAllListeners('request'); server.on('stream', (stream) => {
  const fd = openSync('/dev/shm/x.out', 'w'); let n = 0, c = 0;
  stream.on('data', (chunk) => { n += chunk.length; c++; writeSync(fd, chunk); });
  stream.on('end', () => { closeSync(fd); console.log('chunks', c, n / c); stream.respond({ ':status': 200 }); stream.end(JSON.stringify({ version: 1, ok: true, phasesMs: {} })); });
}); }
if (mode === 'batch') { server.removeAllListeners('request'); server.on('stream', (stream) => {
  const fd = openSync('/dev/shm/x.out', 'w'); let n = 0, c = 0; let list: Buffer[] = []; let size = 0;
  const flush = () => { if (list.length) { writevSync(fd, list); c++; list = []; size = 0; } };
  stream.on('data', (chunk) => { n += chunk.length; list.push(chunk); size += chunk.length; if (size > 2 ** 20) flush(); });
  stream.on('end', () => { flush(); closeSync(fd); console.log('chunks', c, n / c); stream.respond({ ':status': 200 }); stream.end(JSON.stringify({ version: 1, ok: true, phasesMs: {} })); });
}); }
if (mode === 'tls') { const s = tls.createServer({ ca: ag.authority, cert: ag.certificate, key: ag.key, requestCert: true, minVersion: 'TLSv1.3' }, (sock) => {
  const fd = openSync('/dev/shm/x.out', 'w'); let n = 0, c = 0;
  sock.on('data', (chunk) => { n += chunk.length; c++; writeSync(fd, chunk); });
  sock.on('end', () => { closeSync(fd); console.log('chunks', c, n / c); sock.end('done'); });
}); s.listen(9556, '127.0.0.1'); }
