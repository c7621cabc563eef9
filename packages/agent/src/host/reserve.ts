import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

const WRITE_BYTES = 4 * 2 ** 20;
const NAME = '.reserve';

/**
 * Memory that is taken while there is time, and given back just before it is needed: what the kernel has to find, and a
 * virtual machine's host behind it, is found before the pod stands still. Only ever a help: where it cannot be had,
 * nothing is kept.
 */
export class Reserve {
  /** `folder`: in memory. */
  async take(folder: string, bytes: number): Promise<void> {
    const file = await open(join(folder, NAME), 'w', 0o600);
    try {
      // Written, since what is only promised is not there yet.
      const zeros = Buffer.alloc(WRITE_BYTES);
      for (let at = 0; at < bytes; at += WRITE_BYTES) await file.write(zeros, 0, Math.min(WRITE_BYTES, bytes - at), at);
    } catch {
      await this.giveBack(folder);
    } finally {
      await file.close();
    }
  }

  async giveBack(folder: string): Promise<void> {
    await rm(join(folder, NAME), { force: true });
  }
}
