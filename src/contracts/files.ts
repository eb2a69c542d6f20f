import type { Static } from 'typebox';
import { Type } from 'typebox';
import { dto, longCount, nullable, oneOf, operation, optional, text, texts } from './dto.ts';
import { entityMembers, listMembers, listRequestOf, listResponse } from './entities.ts';

const namespace = 'Voice.Api.Files';
const editors = ['SystemAdministrator', 'Manager', 'Customer'] as const;

export const fileTypes = oneOf('FileTypes', [
  'Upload',
  'VoiceMessage',
  'CallRecording',
  'Fax',
  'Attachment',
  'FaxOutgoing',
  'LiveAnswerRecording',
]);

export const FileInfo = dto(
  { name: 'FileInfo', namespace, description: 'A stored file: audio to play, or a recording.', base: 'EntityInfo' },
  {
    ...entityMembers,
    type: optional(fileTypes),
    accountId: optional(text),
    accountName: optional(text),
    fileName: optional(text),
    uri: optional(text, 'Where the bytes can be fetched.'),
    contentType: optional(text),
    contentLength: optional(longCount),
    recordingDuration: optional(nullable(Type.Integer()), 'In whole seconds.'),
    sessionId: optional(text),
  },
);
export type FileInfo = Static<typeof FileInfo>;

export const ListFiles = operation({
  routes: ['GET /files'],
  tag: 'Files',
  auth: editors,
  request: dto(
    { name: 'ListFiles', namespace, description: 'List files.', base: listRequestOf('FileInfo') },
    {
      ...listMembers,
      accountIds: optional(texts),
      sessionId: optional(text),
      fileName: optional(text),
      contentType: optional(text),
      type: optional(fileTypes),
    },
  ),
  response: listResponse('FileInfo', FileInfo),
});

/** The bytes come as the multipart part `file`. */
export const NewFile = operation({
  routes: ['POST /files'],
  tag: 'Files',
  auth: editors,
  request: dto({ name: 'NewFile', namespace, description: 'Upload a file.' }, { accountId: optional(text), fileName: optional(text) }),
  response: FileInfo,
});

export const GetFile = operation({
  routes: ['GET /files/{fileId}'],
  tag: 'Files',
  auth: editors,
  request: dto({ name: 'GetFile', namespace, description: 'Get a file. Its bytes are at Uri.' }, { fileId: optional(text) }),
  response: FileInfo,
});

export const DeleteFile = operation({
  routes: ['DELETE /files/{fileId}'],
  tag: 'Files',
  auth: editors,
  request: dto({ name: 'DeleteFile', namespace, description: 'Delete a file.' }, { fileId: optional(text) }),
});
