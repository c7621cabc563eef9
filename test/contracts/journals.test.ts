import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileJournal, MemoryPlace } from '@restow/executor';
import { journalContract } from '@restow/testkit';
import { afterAll } from 'vitest';

const root = mkdtempSync(join(tmpdir(), 'restow-journals-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let places = 0;
journalContract('FileJournal', async () => {
  const path = join(root, String(++places), 'journal');
  return { create: async () => FileJournal.create(path), open: async () => FileJournal.open(path) };
});
journalContract('MemoryJournal', async () => new MemoryPlace());
