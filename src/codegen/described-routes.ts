import { allOperations, type Operation } from '../contracts/dto.ts';
import { type Member, memberNamed, type ObjectShape, objectShapeOf, type Shape, shapeOf } from '../formats/shape.ts';

/** A route of an operation, as descriptions of the API list it. */
export interface DescribedRoute {
  readonly operation: Operation;
  /** Unique: the name of the operation, with a number from its second route on. */
  readonly operationId: string;
  /** `get`, `post`, … */
  readonly method: string;
  /** `/sessions/{sessionId}` */
  readonly path: string;
  readonly pathMembers: readonly Member[];
  /** Empty where the request has a body: its members are there. */
  readonly queryMembers: readonly Member[];
  /** What a body may hold. Undefined where the request has none. */
  readonly body: ObjectShape | undefined;
  readonly response: Shape | undefined;
}

/** Every route of every operation, in the order of declaration. */
export function describedRoutes(): readonly DescribedRoute[] {
  return allOperations().flatMap((operation) => operation.routes.map((route, index) => toRoute(operation, route, index)));
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
  return {
    operation,
    operationId: operation.name + (index === 0 ? '' : String(index + 1)),
    method: verb.toLowerCase(),
    path,
    pathMembers,
    queryMembers: hasBody ? [] : others,
    body: hasBody && others.length > 0 ? request : undefined,
    response: operation.response && shapeOf(operation.response),
  };
}

/** Who may call an operation, as a sentence. */
export function accessOf({ auth }: Operation): string {
  if (auth === 'public') return 'Needs no login.';
  return auth === 'login'
    ? 'Needs a login.'
    : `Needs a login with ${auth.length === 1 ? 'the role' : 'one of the roles'} ${auth.join(', ')}.`;
}
