import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';

/** `node redis-filler.ts HOST PORT MEGABYTES` sets a key for each megabyte to bytes that nothing could make shorter. */
const [host, port, megabytes] = process.argv.slice(2) as [string, string, string];
const VALUE_BYTES = 2 ** 20;

const socket = connect({ host, port: Number(port) });
await once(socket, 'connect');
let answers = '';
socket.on('data', (data) => {
  answers += data.toString('latin1');
});
const value = Buffer.alloc(VALUE_BYTES);
for (let index = 0; index < Number(megabytes); index++) {
  const key = `key:${index}`;
  const head = `*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${VALUE_BYTES}\r\n`;
  socket.write(head);
  socket.write(Buffer.from(randomFillSync(value)));
  if (!socket.write('\r\n')) await once(socket, 'drain');
}
while (answers !== '+OK\r\n'.repeat(Number(megabytes))) await once(socket, 'data');
socket.end();
