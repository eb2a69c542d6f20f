import { DeleteFile, GetFile, ListFiles, NewFile } from '../../contracts/files.ts';
import { memberError } from '../../kernel/errors.ts';
import { type BoundOperation, signedIn } from '../handler.ts';
import type { Services } from '../services.ts';

/** Stored files (evo-voice.md 1.5). Their bytes are served by `file-content.ts`. */
export function fileHandlers({ files }: Services): readonly BoundOperation[] {
  return [
    signedIn(ListFiles, (principal, request) => files.list(principal, request)),
    signedIn(GetFile, (principal, request) => files.get(principal, request)),
    signedIn(DeleteFile, (principal, request) => files.remove(principal, request)),
    signedIn(
      NewFile,
      async (principal, request, { upload }) => {
        if (!upload) throw memberError('REQUIRED', { member: 'File', hint: "send multipart/form-data with a part named 'file'." }, 'File');
        return files.upload(principal, request, upload);
      },
      { takesFile: true },
    ),
  ];
}
