import { allOperations, type Operation } from '../contracts/dto.ts';
import { GetFile } from '../contracts/files.ts';
import { type Member, memberNamed, type ObjectShape, objectShapeOf } from '../formats/shape.ts';
import { answerOfFile, answersOf, type DescribedAnswer, type DescribedHeader, extrasOf } from './described-answers.ts';

/** A route, as descriptions of the API list it. */
export interface DescribedRoute {
  /** What decides who may call it. */
  readonly operation: Operation;
  /** Unique: the name of the operation, with a number from its second route on. */
  readonly operationId: string;
  readonly summary: string;
  /** `get`, `post`, … */
  readonly method: string;
  /** `/sessions/{sessionId}` */
  readonly path: string;
  readonly pathMembers: readonly Member[];
  /** Empty where the request has a body: its members are there. */
  readonly queryMembers: readonly Member[];
  readonly headers: readonly DescribedHeader[];
  /** What a body may hold. Undefined where the request has none. */
  readonly body: ObjectShape | undefined;
  /** The part of a multipart body that is a file. The body is then nothing else than multipart. */
  readonly filePart: string | undefined;
  /** Of successes. */
  readonly answers: readonly DescribedAnswer[];
}

/** Every route of every operation, in the order of declaration; then that of the bytes of a file, which is no operation. */
export function describedRoutes(): readonly DescribedRoute[] {
  return [
    ...allOperations().flatMap((operation) => operation.routes.map((route, index) => toRoute(operation, route, index))),
    fileContent(),
  ];
}

/** The `paths` of a description: by path and method, what `describe` says of a route. */
export function describedPaths(describe: (route: DescribedRoute) => object): Record<string, Record<string, object>> {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of describedRoutes()) paths[route.path] = { ...paths[route.path], [route.method]: describe(route) };
  return paths;
}

function toRoute(operation: Operation, route: string, index: number): DescribedRoute {
  const [verb = '', path = ''] = route.split(' ');
  const request = objectShapeOf(operation.request);
  const pathMembers = [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name = '']) => memberNamed(request, name) ?? []);
  const others = request.members.filter((member) => !pathMembers.includes(member));
  const hasBody = verb !== 'GET' && verb !== 'DELETE';
  const { requestHeaders = [], filePart } = extrasOf(operation);
  return {
    operation,
    operationId: operation.name + (index === 0 ? '' : String(index + 1)),
    summary: operation.description,
    method: verb.toLowerCase(),
    path,
    pathMembers,
    queryMembers: hasBody ? [] : others,
    headers: requestHeaders,
    body: hasBody && others.length > 0 ? request : undefined,
    filePart,
    answers: answersOf(operation),
  };
}

function fileContent(): DescribedRoute {
  return {
    ...toRoute(GetFile, 'GET /files/{fileId}/content', 0),
    operationId: 'GetFileContent',
    summary: 'Get the bytes of a file.',
    answers: [answerOfFile],
  };
}

/** Who may call an operation, as a sentence. */
export function accessOf({ auth }: Operation): string {
  if (auth === 'public') return 'Needs no login.';
  return auth === 'login'
    ? 'Needs a login.'
    : `Needs a login with ${auth.length === 1 ? 'the role' : 'one of the roles'} ${auth.join(', ')}.`;
}
