import type { ActOutcome, MoveOrder, Mover } from '@restow/executor';
import type { Method } from '@restow/model';
import type { Moved } from './moved.ts';

/** Gives each order to the mover that knows its method. */
export class MoverByMethod implements Mover {
  readonly methods: readonly Method[];
  readonly #movers: readonly Mover[];

  constructor(movers: readonly Mover[]) {
    this.#movers = movers;
    this.methods = movers.flatMap(({ methods }) => methods);
  }

  steers(method: Method): boolean {
    return this.#moverOf({ method })?.steers(method) ?? false;
  }

  async move(order: MoveOrder, signal: AbortSignal, onPlaced: (uid: string) => void): Promise<Moved> {
    const mover = this.#moverOf(order);
    if (mover === undefined) return { ok: false, code: 'unfit', reason: `nothing here moves by ${order.method}` };
    return mover.move(order, signal, onPlaced);
  }

  async withdraw(order: MoveOrder, signal: AbortSignal): Promise<ActOutcome> {
    return (await this.#moverOf(order)?.withdraw(order, signal)) ?? { ok: true };
  }

  #moverOf({ method }: Pick<MoveOrder, 'method'>): Mover | undefined {
    return this.#movers.find(({ methods }) => methods.includes(method));
  }
}
