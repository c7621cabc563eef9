/** How long each part of something took, one after the other. */
export class Phases {
  readonly ms: Record<string, number> = {};
  readonly #now: () => number;
  #at: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#at = now();
  }

  end(name: string): void {
    const now = this.#now();
    this.ms[name] = Math.round(now - this.#at);
    this.#at = now;
  }
}
