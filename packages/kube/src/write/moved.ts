import type { Mover } from '@restow/executor';

/** What a mover answers. */
export type Moved = Awaited<ReturnType<Mover['move']>>;
export type NotMoved = Extract<Moved, { ok: false }>;
