import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { KubeConnection } from '@restow/kube';

/**
 * Loaded into the real command before it starts: kills the process after so many journal records (each is one flush to
 * disk), or while the API server is at work on the so-manieth change of one kind.
 */
const { RESTOW_TEST_KILL = '' } = process.env;
const [what, count, kind] = RESTOW_TEST_KILL.split(':');
let left = Number(count);

const die = () => process.kill(process.pid, 'SIGKILL');

if (what === 'record') {
  const flush = fs.fdatasyncSync;
  fs.fdatasyncSync = (descriptor) => {
    flush(descriptor);
    if (--left === 0) die();
  };
  syncBuiltinESMExports();
}
if (what === 'write') {
  const send = KubeConnection.prototype.send;
  KubeConnection.prototype.send = function (request, signal) {
    const answer = send.call(this, request, signal);
    const isKind = request.method !== 'GET' && new RegExp(kind!).test(`${request.method} ${request.path}`);
    // The request is on its way; the answer must find nobody.
    if (isKind && --left === 0) setTimeout(die, 1);
    return answer;
  };
}
