ALTER TABLE "session" ALTER COLUMN "flow_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "session" ALTER COLUMN "flow_version" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "session" ALTER COLUMN "owner" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "session" ADD COLUMN "metadata" jsonb;--> statement-breakpoint
ALTER TABLE "session" ADD COLUMN "plan" jsonb;--> statement-breakpoint
ALTER TABLE "session" ADD COLUMN "not_before" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "session" ADD COLUMN "expires_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "session" ADD COLUMN "due_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "session" ADD COLUMN "login_id" uuid;--> statement-breakpoint
ALTER TABLE "session" ADD COLUMN "idempotency_key" text;--> statement-breakpoint
ALTER TABLE "session" ADD COLUMN "request_hash" text;--> statement-breakpoint
CREATE INDEX "session_due" ON "session" USING btree ("due_at","id") WHERE "session"."due_at" is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "session_idempotency" ON "session" USING btree ("login_id","idempotency_key") WHERE "session"."idempotency_key" is not null;