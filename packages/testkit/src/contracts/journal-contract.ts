import type { Journal, JournalRecord } from '@restow/executor';
import { DEFAULT_POLICY } from '@restow/model';
import { describe, expect, test } from 'vitest';
import { buildPlan } from '../build-plan.ts';

/** One place for one run's journal, that can be opened again after it was closed. */
export interface JournalPlace {
  create(): Promise<Journal>;
  open(): Promise<Journal>;
}

const STARTED: JournalRecord = {
  type: 'started',
  at: 1,
  runId: 'run',
  cluster: null,
  plan: buildPlan({}),
  policy: DEFAULT_POLICY,
  microsPerHour: 1,
};

/** What every Journal must do. */
export function journalContract(name: string, makePlace: () => Promise<JournalPlace>): void {
  describe(`${name} as a Journal`, () => {
    test('a new one is empty; what is appended is read in order, now and after opening it again', async () => {
      const place = await makePlace();
      const journal = await place.create();
      expect(await journal.read()).toEqual([]);
      const records: JournalRecord[] = [STARTED, ...[2, 3, 4].map((at): JournalRecord => ({ type: 'resumed', at }))];
      for (const record of records) await journal.append(record);
      expect(await journal.read()).toEqual(records);
      await journal.close();
      const again = await place.open();
      expect(await again.read()).toEqual(records);
      await again.append({ type: 'resumed', at: 5 });
      await again.close();
      const last = await place.open();
      expect(await last.read()).toEqual([...records, { type: 'resumed', at: 5 }]);
      await last.close();
    });

    test('what it answered is not changed by what is appended later', async () => {
      const journal = await (await makePlace()).create();
      await journal.append(STARTED);
      const before = await journal.read();
      await journal.append({ type: 'resumed', at: 2 });
      expect(before).toEqual([STARTED]);
      await journal.close();
    });

    test('while one has it open, nobody else can open it', async () => {
      const place = await makePlace();
      const journal = await place.create();
      await journal.append(STARTED);
      await expect((async () => place.open())()).rejects.toMatchObject({ code: 'RESTOW_JOURNAL_IN_USE' });
      await journal.close();
      await (await place.open()).close();
    });

    test('a run is begun once', async () => {
      const place = await makePlace();
      const journal = await place.create();
      await journal.append(STARTED);
      await journal.close();
      await expect((async () => place.create())()).rejects.toMatchObject({ code: 'RESTOW_JOURNAL_EXISTS' });
    });

    test('a closed one takes nothing more, and closing twice is no error', async () => {
      const journal = await (await makePlace()).create();
      await journal.append(STARTED);
      await journal.close();
      await journal.close();
      await expect(journal.append({ type: 'resumed', at: 2 })).rejects.toThrow();
    });
  });
}
