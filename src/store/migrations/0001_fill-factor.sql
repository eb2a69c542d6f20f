-- Room on each page for the changes that follow an insert, so that they stay on it.
ALTER TABLE "session" SET (fillfactor = 70);--> statement-breakpoint
ALTER TABLE "worker" SET (fillfactor = 50);
