import { connect, createServer, type NetConnectOpts } from 'node:net';

/** Passes every connection on: `relay.ts unix:/path tcp:6443` listens on the first and connects to the second. */
const [from, to] = process.argv.slice(2).map(parse) as [NetConnectOpts, NetConnectOpts];

createServer({ allowHalfOpen: true }, (near) => {
  const far = connect({ ...to, allowHalfOpen: true });
  near.pipe(far).pipe(near);
  const close = () => {
    near.destroy();
    far.destroy();
  };
  near.on('error', close);
  far.on('error', close);
}).listen(from);

function parse(text: string): NetConnectOpts {
  const [kind, where] = text.split(/:(.*)/) as [string, string];
  return kind === 'unix' ? { path: where } : { host: '127.0.0.1', port: Number(where) };
}
