import { readFileSync } from 'node:fs';
import { startControlPlane } from '@restow/testkit';

/** Starts a small bed, says which processes it has, and waits to be killed. */
await startControlPlane({ controllerManager: false, scheduler: false, kwok: false });
const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8');
process.stdout.write(JSON.stringify(children.trim().split(' ').map(Number)));
setInterval(() => {}, 60_000);
