import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { KubeConnection } from '@restow/kube';

/**
 * Loaded into the real command before it starts: kills the process after so many journal records (each is one flush to
 * disk), or while the API server is at work on a change of a kind, and says on which.
 */
const { RESTOW_TEST_KILL = '' } = process.env;
const [what, argument] = RESTOW_TEST_KILL.split(':');

const die = () => process.kill(process.pid, 'SIGKILL');

if (what === 'record') {
  let left = Number(argument);
  const flush = fs.fdatasyncSync;
  fs.fdatasyncSync = (descriptor) => {
    flush(descriptor);
    if (--left === 0) die();
  };
  syncBuiltinESMExports();
}
if (what === 'write') {
  const kind = new RegExp(argument!);
  const send = KubeConnection.prototype.send;
  KubeConnection.prototype.send = function (request, signal) {
    const answer = send.call(this, request, signal);
    const change = `${request.method} ${request.path}`;
    if (request.method !== 'GET' && kind.test(change)) {
      fs.writeSync(process.stderr.fd, `cut off: ${change}\n`);
      // The request is on its way; the answer must find nobody.
      setTimeout(die, 1);
    }
    return answer;
  };
}
