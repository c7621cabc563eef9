import { PIECE_BYTES } from './manifest.ts';

/** Enough for one to be read while others are on their way. */
const BUFFERS = 4;

/** Memory for pieces that is used again: fresh memory costs the kernel as much as what is done with it. */
export class PieceBuffers {
  readonly #free: Buffer[] = Array.from({ length: BUFFERS }, () => Buffer.allocUnsafeSlow(PIECE_BYTES));
  readonly #waiting: ((buffer: Buffer) => void)[] = [];

  /** Waits until one is free. */
  async take(): Promise<Buffer> {
    return this.#free.pop() ?? new Promise((resolve) => this.#waiting.push(resolve));
  }

  giveBack(buffer: Buffer): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(buffer);
    else next(buffer);
  }
}
