/** Work on the same thing is done one after the other, on different things at the same time. */
export class InTurn {
  readonly #last = new Map<string, Promise<unknown>>();

  do<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    const turn = (this.#last.get(what) ?? Promise.resolve()).then(work);
    this.#last.set(
      what,
      turn.catch(() => {}),
    );
    return turn;
  }
}
