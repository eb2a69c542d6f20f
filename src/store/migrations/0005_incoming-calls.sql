ALTER TABLE "endpoint" ADD COLUMN "flow_id" uuid;--> statement-breakpoint
ALTER TABLE "endpoint" ADD COLUMN "flow_params" jsonb;