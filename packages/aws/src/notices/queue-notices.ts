import { setTimeout as sleep } from 'node:timers/promises';
import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import type { MachineNotice } from '@restow/executor';
import { parseEvent } from './parse-event.ts';

/** A queue answers at once when there is something, and else after so long. */
const WAIT_S = 20;
/** For what is not deleted in that time another asks; handling a notice only takes it up. */
const VISIBLE_AFTER_S = 30;
const MOST_MESSAGES = 10;
const RETRY_MS = 1_000;
/** Of the last events, so that one that comes twice acts once. */
const MOST_REMEMBERED = 10_000;

export interface QueueNoticesOptions {
  readonly client: () => Promise<SQSClient>;
  readonly queueUrl: string;
  /** Takes a notice up; the message is deleted only when it has resolved. */
  readonly onNotice: (notice: MachineNotice) => Promise<void>;
  readonly onProblem: (error: unknown) => void;
}

export interface QueueCounts {
  /** Taken up. */
  readonly notices: number;
  /** Came again, and were not taken up again. */
  readonly doubled: number;
  /** Said nothing about a machine that is going. */
  readonly unknown: number;
}

/** Notices of a queue that EventBridge fills: at least once, in any order. */
export class QueueNotices {
  readonly #options: QueueNoticesOptions;
  readonly #seen = new Set<string>();
  #notices = 0;
  #doubled = 0;
  #unknown = 0;

  constructor(options: QueueNoticesOptions) {
    this.#options = options;
  }

  get counts(): QueueCounts {
    return { notices: this.#notices, doubled: this.#doubled, unknown: this.#unknown };
  }

  /** Listens until it is told to stop; a queue that does not answer is asked again. */
  async listen(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#receive(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#options.onProblem(error);
        await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    }
  }

  async #receive(signal: AbortSignal): Promise<void> {
    const { ReceiveMessageCommand } = await import('@aws-sdk/client-sqs');
    const client = await this.#options.client();
    const command = new ReceiveMessageCommand({
      QueueUrl: this.#options.queueUrl,
      MaxNumberOfMessages: MOST_MESSAGES,
      WaitTimeSeconds: WAIT_S,
      VisibilityTimeout: VISIBLE_AFTER_S,
    });
    const { Messages = [] } = await client.send(command, { abortSignal: signal });
    await Promise.all(Messages.map((message) => this.#take(client, message, signal)));
  }

  /** One that cannot be taken up stays in the queue, and comes again. */
  async #take(client: SQSClient, { Body, ReceiptHandle }: Message, signal: AbortSignal): Promise<void> {
    try {
      const event = parseEvent(Body ?? '');
      if (!event.known) this.#unknown++;
      else for (const notice of event.notices) await this.#takeUp(notice);
    } catch (error) {
      this.#options.onProblem(error);
      return;
    }
    const { DeleteMessageCommand } = await import('@aws-sdk/client-sqs');
    const command = new DeleteMessageCommand({ QueueUrl: this.#options.queueUrl, ReceiptHandle });
    await client.send(command, { abortSignal: signal });
  }

  async #takeUp(notice: MachineNotice): Promise<void> {
    if (this.#seen.has(notice.id)) {
      this.#doubled++;
      return;
    }
    // Before it is handled: the same may come again while that goes on.
    this.#seen.add(notice.id);
    try {
      await this.#options.onNotice(notice);
    } catch (error) {
      this.#seen.delete(notice.id);
      throw error;
    }
    this.#notices++;
    const [oldest] = this.#seen;
    if (this.#seen.size > MOST_REMEMBERED && oldest !== undefined) this.#seen.delete(oldest);
  }
}
