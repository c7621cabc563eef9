import { randomBytes } from 'node:crypto';
import { type Snapshot, snapshotDigest } from '@restow/model';
import { anonymise, kubectlCommands } from '@restow/snapshotter';
import { type ClusterSource, readCluster } from '../read-cluster.ts';
import { writeWhole } from '../write-file.ts';

export interface SnapshotCommandOptions extends ClusterSource {
  readonly save?: string;
  readonly anonymise?: boolean;
  readonly printKubectl?: boolean;
}

export async function runSnapshot(options: SnapshotCommandOptions): Promise<void> {
  if (options.printKubectl) {
    const { plain, karpenter } = kubectlCommands();
    process.stdout.write(`# any cluster\n${plain}\n\n# with Karpenter\n${karpenter}\n`);
    return;
  }
  const loaded = await readCluster(options);
  const snapshot = options.anonymise ? anonymise(loaded, anonymisationKey()) : loaded;
  if (options.save !== undefined) await writeWhole(options.save, `${JSON.stringify(snapshot)}\n`);
  process.stdout.write(describe(snapshot));
}

/** A key of one's own makes two snapshots of one cluster comparable; by default nobody can ever link them. */
function anonymisationKey(): Uint8Array {
  const key = process.env.RESTOW_ANONYMISE_KEY;
  return key === undefined || key === '' ? randomBytes(32) : Buffer.from(key, 'utf8');
}

function describe(snapshot: Snapshot): string {
  const lines = [
    `digest  ${snapshotDigest(snapshot)}`,
    `nodes   ${snapshot.nodes.length}`,
    `pods    ${snapshot.pods.length}`,
    ...snapshot.gaps.map(({ code, message, count, examples }) => {
      const named = examples.length > 0 ? `: ${examples.join(', ')}${count > examples.length ? ', …' : ''}` : '';
      return `gap     ${code}: ${message}${count > 1 ? ` (${count})` : ''}${named}`;
    }),
  ];
  return `${lines.join('\n')}\n`;
}
