import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toXml } from './to-xml.ts';

/** What an account has, as the API's own answers have it. */
export interface FakeAwsAccount {
  readonly instanceTypes: readonly object[];
  /** `{ instanceType, location }`. */
  readonly offerings: readonly object[];
  readonly spotPrices: readonly object[];
  /** JSON of products, as GetProducts has them. */
  readonly products: readonly object[];
  readonly reservedInstances?: readonly object[];
  readonly capacityReservations?: readonly object[];
  readonly savingsPlans?: readonly object[];
  readonly savingsPlanRates?: readonly object[];
  readonly placementScores?: readonly object[];
  readonly zones?: readonly object[];
}

/** What is answered in place of the account's truth; undefined: that. */
export type Fault = (action: string, call: number) => { readonly status: number; readonly code: string } | undefined;

interface Call {
  readonly action: string;
  readonly parameters: URLSearchParams | Record<string, unknown>;
}

/** How many items a page has at most, so that whoever does not ask for the next is found out. */
const PAGE = 3;

/**
 * The calls that restow makes of EC2, Pricing and Savings Plans, over their real protocols, on loopback. The SDK finds it by
 * `env`.
 */
export class FakeAws {
  readonly calls: Call[] = [];
  readonly #server: Server;
  #account: FakeAwsAccount;
  #fault: Fault = () => undefined;

  private constructor(account: FakeAwsAccount) {
    this.#account = account;
    this.#server = createServer((request, response) => {
      void this.#respond(request).then(({ status, type, body }) => {
        response.writeHead(status, { 'content-type': type });
        response.end(body);
      });
    });
  }

  static async start(account: FakeAwsAccount): Promise<FakeAws> {
    const fake = new FakeAws(account);
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  /** What a process needs that shall talk to it. */
  get env(): Readonly<Record<string, string>> {
    const { port } = this.#server.address() as AddressInfo;
    return {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    };
  }

  become(account: Partial<FakeAwsAccount>): void {
    this.#account = { ...this.#account, ...account };
  }

  fail(fault: Fault): void {
    this.#fault = fault;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #respond(request: IncomingMessage): Promise<{ status: number; type: string; body: string }> {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const target = request.headers['x-amz-target'];
    const isQuery = target === undefined && request.url === '/';
    const form = new URLSearchParams(text);
    const action = isQuery
      ? (form.get('Action') ?? '')
      : (String(target ?? request.url)
          .split(/[./]/)
          .at(-1) ?? '');
    const parameters = isQuery ? form : (JSON.parse(text === '' ? '{}' : text) as Record<string, unknown>);
    const fault = this.#fault(action, this.calls.filter((call) => call.action === action).length);
    this.calls.push({ action, parameters });
    if (fault !== undefined) return isQuery ? xmlError(fault) : jsonError(fault);
    if (parameters instanceof URLSearchParams) {
      const answer = this.#query(action, parameters);
      if (answer === null) return xmlError({ status: 400, code: 'InvalidAction' });
      return { status: 200, type: 'text/xml', body: toXml(`${action}Response`, { requestId: 'fake', ...answer }) };
    }
    const answer = this.#json(action, parameters);
    if (answer === null) return jsonError({ status: 400, code: 'UnknownOperationException' });
    return { status: 200, type: 'application/x-amz-json-1.1', body: JSON.stringify(answer) };
  }

  #query(action: string, form: URLSearchParams): object | null {
    const account = this.#account;
    const token = form.get('NextToken');
    switch (action) {
      case 'DescribeInstanceTypes':
        return paged('instanceTypeSet', account.instanceTypes, token);
      case 'DescribeInstanceTypeOfferings':
        return paged('instanceTypeOfferingSet', account.offerings, token);
      case 'DescribeSpotPriceHistory':
        return paged('spotPriceHistorySet', account.spotPrices, token);
      case 'DescribeReservedInstances':
        return { reservedInstancesSet: account.reservedInstances ?? [] };
      case 'DescribeCapacityReservations':
        return paged('capacityReservationSet', account.capacityReservations ?? [], token);
      case 'DescribeAvailabilityZones':
        return { availabilityZoneInfo: account.zones ?? [] };
      case 'GetSpotPlacementScores':
        return { spotPlacementScoreSet: account.placementScores ?? [] };
      default:
        return null;
    }
  }

  #json(action: string, { NextToken, nextToken, Filters }: Record<string, unknown>): object | null {
    const account = this.#account;
    switch (action) {
      case 'GetProducts': {
        const wanted = (Filters as { Field: string; Value: string }[]).filter(({ Field }) => Field !== 'serviceCode');
        const matching = account.products.filter((product) => matches(product, wanted));
        const { items, next } = pageOf(matching, NextToken as string | undefined);
        return { FormatVersion: 'aws_v1', PriceList: items.map((item) => JSON.stringify(item)), NextToken: next };
      }
      case 'DescribeSavingsPlans':
        return named('savingsPlans', pageOf(account.savingsPlans ?? [], nextToken as string | undefined));
      case 'DescribeSavingsPlanRates':
        return named('searchResults', pageOf(account.savingsPlanRates ?? [], nextToken as string | undefined));
      default:
        return null;
    }
  }
}

/** As the service itself filters: by attributes, and by the product's family. */
function matches(product: object, filters: readonly { Field: string; Value: string }[]): boolean {
  const { attributes = {}, productFamily } = ((product as { product?: object }).product ?? {}) as {
    attributes?: Record<string, string>;
    productFamily?: string;
  };
  const all: Record<string, string | undefined> = { ...attributes, productFamily };
  return filters.every(({ Field, Value }) => all[Field] === undefined || all[Field] === Value);
}

function pageOf(items: readonly object[], token: string | null | undefined) {
  const from = token == null ? 0 : Number(token);
  const end = from + PAGE;
  return { items: items.slice(from, end), next: end < items.length ? String(end) : undefined };
}

function paged(name: string, all: readonly object[], token: string | null): object {
  const { items, next } = pageOf(all, token);
  return { [name]: items, ...(next !== undefined && { nextToken: next }) };
}

function named(name: string, { items, next }: ReturnType<typeof pageOf>): object {
  return { [name]: items, ...(next !== undefined && { nextToken: next }) };
}

function xmlError({ status, code }: { readonly status: number; readonly code: string }) {
  const error = { Error: { Code: code, Message: `the fake says ${code}` } };
  // EC2's clients look for it in one place, the other services' in another.
  return { status, type: 'text/xml', body: toXml('Response', { Errors: error, ...error, RequestID: 'fake' }) };
}

function jsonError({ status, code }: { readonly status: number; readonly code: string }) {
  const body = JSON.stringify({ __type: code, message: `the fake says ${code}` });
  return { status, type: 'application/x-amz-json-1.1', body };
}
