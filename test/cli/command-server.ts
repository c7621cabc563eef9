import { main } from '../../packages/cli/src/main.ts';

/** Runs one command after the other in this process, and tells what each has written: `{ args }` by IPC. */
const written = { stdout: '', stderr: '' };
for (const name of ['stdout', 'stderr'] as const) {
  process[name].setMaxListeners(0);
  process[name].write = ((text: string | Uint8Array) => {
    written[name] += typeof text === 'string' ? text : Buffer.from(text).toString();
    return true;
  }) as typeof process.stdout.write;
}
let last: Promise<void> = Promise.resolve();
process.on('message', ({ args }: { readonly args: readonly string[] }) => {
  last = last.then(async () => {
    written.stdout = '';
    written.stderr = '';
    process.exitCode = undefined;
    const code = await main([process.execPath, 'restow', ...args]);
    process.send!({ code, ...written });
  });
});
