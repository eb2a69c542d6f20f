import { type MetadataType, type MetadataTypeName, metadataType, metadataTypeInUse, metadataTypeName } from './metadata-type.ts';
import { type Route, routesOf, verbsOf } from './routes.ts';
import { type ModelOperation, typeModel } from './type-model.ts';

/** All types and operations for machines, in the words of ServiceStack (servicestack.md 5.2). */
export interface MetadataTypes {
  readonly config: {
    readonly baseUrl: string;
    readonly makePartial: boolean;
    readonly makeVirtual: boolean;
    readonly addReturnMarker: boolean;
    readonly addDescriptionAsComments: boolean;
    readonly addServiceStackTypes: boolean;
    readonly addResponseStatus: boolean;
  };
  readonly namespaces: readonly string[];
  /** All but requests. */
  readonly types: readonly MetadataType[];
  readonly operations: readonly MetadataOperation[];
}

export interface MetadataOperation {
  readonly request: MetadataType;
  /** Absent for a list, which only `returnType` has. */
  readonly response?: MetadataType;
  /** The verbs that it takes. */
  readonly actions: readonly string[];
  readonly returnsVoid: boolean;
  /** The verb that clients use. */
  readonly method: string;
  readonly returnType?: MetadataTypeName;
  readonly routes: readonly Route[];
  readonly requiresAuth: boolean;
  readonly requiresAnyRole?: readonly string[];
  readonly tags: readonly string[];
}

/** @param baseUrl address of this server, without a slash at the end */
export function metadataTypes(baseUrl: string): MetadataTypes {
  const { types, operations } = typeModel();
  return {
    config: {
      baseUrl,
      makePartial: true,
      makeVirtual: true,
      addReturnMarker: true,
      addDescriptionAsComments: true,
      addServiceStackTypes: true,
      addResponseStatus: false,
    },
    namespaces: [...new Set(types.map(({ namespace }) => namespace))].sort(),
    types: types.filter((type) => type.kind === 'enum' || !type.operation).map(metadataType),
    operations: operations.map(metadataOperation),
  };
}

function metadataOperation({ operation, request, response, verb }: ModelOperation): MetadataOperation {
  const { auth, tag } = operation;
  return {
    request: metadataType(request),
    ...(response?.kind === 'class' && { response: metadataTypeInUse(response) }),
    actions: verbsOf(operation),
    returnsVoid: !response,
    method: verb,
    ...(response && { returnType: metadataTypeName(response) }),
    routes: routesOf(operation),
    requiresAuth: auth !== 'public',
    ...(typeof auth === 'object' && { requiresAnyRole: auth }),
    tags: [tag],
  };
}
