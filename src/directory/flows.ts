import type { RequestOf } from '../contracts/dto.ts';
import type { Page } from '../contracts/entities.ts';
import type { DeleteFlow, FlowInfo, FlowNodeSpec, GetFlow, ListAvailableNodes, ListFlows, NewFlow, PatchFlow } from '../contracts/flows.ts';
import { flowSpec, nodeSpecs } from '../flow/available-nodes.ts';
import { checkFlow } from '../flow/check-flow.ts';
import type { FlowSource } from '../flow/compile-flow.ts';
import type { CompiledFlow } from '../flow/compiled-flow.ts';
import { fillSpec } from '../flow/fill-spec.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, memberError } from '../kernel/errors.ts';
import { isId, newId } from '../kernel/ids.ts';
import type { Random } from '../kernel/random.ts';
import type { Changes } from '../store/changes.ts';
import type { FlowRepository, VersionedFlow } from '../store/flow-repository.ts';
import { isReferenced } from '../store/store-error.ts';
import { authorOf } from './authorship.ts';
import { MemberChecks } from './member-checks.ts';
import { accessible, chosenAccount, type Principal, visibleAccounts } from './principal.ts';
import { Remembered } from './remembered.ts';

export interface FlowsOptions {
  readonly flows: FlowRepository;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly random: Random;
}

/** A flow as calls run it: one version, which never changes. */
export interface StoredFlow extends FlowSource {
  readonly accountId: string;
}

const MOST_REMEMBERED = 1_000;
const MOST_AS_NODES = 1_000;

/** Flows (contract evo-voice.md 1.2 and 4). Every save is a new version; calls keep the one that they began with. */
export class Flows {
  readonly #options: FlowsOptions;
  readonly #remembered: Remembered<StoredFlow>;

  constructor(options: FlowsOptions) {
    this.#options = options;
    this.#remembered = new Remembered((flowId) => this.#load(flowId), MOST_REMEMBERED);
    options.changes.subscribe((change) => {
      if (!change || change.kind === 'flow') this.#remembered.forget(change?.id);
    });
  }

  /** Nodes, parameters and exits only with `includeNodes`. */
  async list(principal: Principal, request: RequestOf<typeof ListFlows>): Promise<Page<FlowInfo>> {
    const { customerIds, nameFilter, role, nodeTypeFilter, includeNodes } = request;
    const accountIds = visibleAccounts(principal, request.accountIds);
    const filter = { accountIds, customerIds, nameFilter, role, nodeType: nodeTypeFilter, withGraph: includeNodes === true };
    const page = await this.#options.flows.list(filter, request);
    return { ...page, items: page.items.map(filled) };
  }

  /** @throws AppError NOT_FOUND, also for a flow of an account that the login has no access to */
  async get(principal: Principal, request: RequestOf<typeof GetFlow>): Promise<FlowInfo> {
    const found = await this.#find(request.flowId ?? '');
    return filled(accessible(principal, 'flow', found?.info));
  }

  /** @throws AppError FLOW_INVALID with an entry for each problem; REQUIRED, INVALID_MEMBER, FORBIDDEN_ACCOUNT, NOT_FOUND (account) */
  async create(principal: Principal, request: RequestOf<typeof NewFlow>): Promise<FlowInfo> {
    const { flows, clock, random } = this.#options;
    const accountId = chosenAccount(principal, request.accountId);
    if (!isId(accountId)) throw noAccount();
    const id = newId(clock, random);
    const info = pickMembers(request);
    checkMembers(info);
    await this.compile({ ...info, id, accountId });
    try {
      return filled((await flows.create({ id, accountId }, info, authorOf(principal, clock))).info);
    } catch (error) {
      throw isReferenced(error) ? noAccount() : error;
    }
  }

  /** Members that are absent stay; lists are replaced as a whole. @throws as `create`, and NOT_FOUND */
  async patch(principal: Principal, request: RequestOf<typeof PatchFlow>): Promise<FlowInfo> {
    const { flows, clock } = this.#options;
    const before = accessible(principal, 'flow', (await this.#find(request.flowId ?? ''))?.info);
    const key = { id: before.id ?? '', accountId: before.accountId ?? '' };
    const info = { ...pickMembers(before), ...pickMembers(request) };
    checkMembers(info);
    await this.compile({ ...info, ...key });
    const changed = await flows.change(key, info, authorOf(principal, clock));
    return filled(accessible(principal, 'flow', changed?.info));
  }

  /** Calls that run it keep it. @throws AppError NOT_FOUND */
  async remove(principal: Principal, request: RequestOf<typeof DeleteFlow>): Promise<void> {
    const found = accessible(principal, 'flow', (await this.#find(request.flowId ?? ''))?.info);
    const key = { id: found.id ?? '', accountId: found.accountId ?? '' };
    await this.#options.flows.remove(key, authorOf(principal, this.#options.clock));
  }

  /** All node types, and the flows of the account (named, or of the flow named) that can be used as a node of it. */
  async availableNodes(principal: Principal, request: RequestOf<typeof ListAvailableNodes>): Promise<FlowNodeSpec[]> {
    const flow = request.flowId ? await this.get(principal, { flowId: request.flowId }) : undefined;
    const [only, another] = principal.accountIds;
    const accountId = request.accountId || (flow?.accountId ?? (another === undefined ? only : undefined));
    if (accountId === undefined) return nodeSpecs();
    const filter = { accountIds: visibleAccounts(principal, [accountId]), withGraph: true };
    const page = await this.#options.flows.list(filter, { countPerPage: MOST_AS_NODES, simplifiedPaging: true, sortField: 'name' });
    const asNodes = page.items.flatMap(({ id, name, description, parameters, exits }) => {
      if (id === undefined || id === flow?.id) return [];
      return [
        flowSpec({ id, name: name ?? '', ...(description && { description }), ...(parameters && { parameters }), ...(exits && { exits }) }),
      ];
    });
    return [...nodeSpecs(), ...asNodes];
  }

  /** For calls: the current version, from memory after the first time. @throws AppError STORE_UNAVAILABLE */
  load(flowId: string): Promise<StoredFlow | undefined> {
    return isId(flowId) ? this.#remembered.get(flowId.toLowerCase()) : Promise.resolve(undefined);
  }

  /** For calls: one version, also of a flow that was changed or deleted since. @throws AppError STORE_UNAVAILABLE */
  async loadVersion(flowId: string, accountId: string, version: number): Promise<StoredFlow | undefined> {
    const current = await this.load(flowId);
    if (current?.version === version) return current;
    const graph = await this.#options.flows.findVersion(flowId, version);
    return graph && { flowId, accountId, version, flow: graph };
  }

  /**
   * A flow as it would run, once everything in it has been checked. It may be one that is saved nowhere.
   * @param place where the flow stands in the request: comes before the names of its members in the error.
   * @throws AppError FLOW_INVALID with an entry for each problem; STORE_UNAVAILABLE
   */
  async compile(flow: FlowInfo, place = ''): Promise<CompiledFlow> {
    const { compiled, problems } = await checkFlow(flow, async (id) => (await this.#find(id))?.info);
    const [first] = problems;
    if (!first) return compiled;
    const fields = problems
      .slice(0, MOST_PROBLEMS)
      .map(({ errorCode, fieldName, message }) => ({ errorCode, fieldName: place + fieldName, message }));
    throw new AppError('FLOW_INVALID', { reason: first.message }, { fields });
  }

  async #load(flowId: string): Promise<StoredFlow | undefined> {
    const found = await this.#find(flowId);
    return found && { flowId, accountId: found.info.accountId ?? '', version: found.version, flow: found.info };
  }

  async #find(id: string): Promise<VersionedFlow | undefined> {
    return isId(id) ? this.#options.flows.find(id) : undefined;
  }
}

const NAME_LENGTH = 200;
const TEXT_LENGTH = 10_000;
const MOST_TAGS = 100;
const MOST_PROBLEMS = 100;

function checkMembers(flow: FlowInfo): void {
  const checks = new MemberChecks();
  checks.required(flow.name, 'Name', NAME_LENGTH, 'the name of the flow.');
  checks.text(flow.description, 'Description', TEXT_LENGTH);
  checks.text(flow.notes, 'Notes', TEXT_LENGTH);
  checks.text(flow.customerId, 'CustomerId', NAME_LENGTH);
  if ((flow.tagIds ?? []).length > MOST_TAGS) checks.refuse('TagIds', `Use at most ${MOST_TAGS}.`);
  for (const tag of flow.tagIds ?? []) checks.text(tag, 'TagIds', NAME_LENGTH);
  checks.done();
}

/** The members that a save may set. */
function pickMembers(flow: FlowInfo): FlowInfo {
  const { name, description, notes, customerId, nodes, parameters, exits, roles, tagIds } = flow;
  return {
    ...(name !== undefined && { name: name.trim() }),
    ...(description !== undefined && { description }),
    ...(notes !== undefined && { notes }),
    ...(customerId !== undefined && { customerId }),
    ...(nodes !== undefined && { nodes }),
    ...(parameters !== undefined && { parameters }),
    ...(exits !== undefined && { exits }),
    ...(roles !== undefined && { roles }),
    ...(tagIds !== undefined && { tagIds }),
  };
}

function filled(flow: FlowInfo): FlowInfo {
  return flow.nodes ? { ...flow, nodes: flow.nodes.map(fillSpec) } : flow;
}

function noAccount(): AppError {
  return memberError('NOT_FOUND', { kind: 'account' }, 'AccountId');
}
