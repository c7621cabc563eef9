import { isMainThread, workerData } from 'node:worker_threads';

// The bundle has one entry for both: the command, and the worker in which the solver runs.
if (!isMainThread && workerData?.restow === 'solver') await (await import('@restow/solver')).serveWorker();
else {
  const { main } = await import('./main.ts');
  process.exitCode = await main(process.argv);
}
