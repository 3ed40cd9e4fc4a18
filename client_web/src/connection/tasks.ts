/** What one is to do, and ticking it, over plain HTTP. */

import type { Task, TaskList } from "../protocol/generated";
import { call } from "./http";

/** Throws `Problem`: `not_signed_in`, or `unreachable`. */
export const fetchTasks = (signal?: AbortSignal): Promise<TaskList> => call("GET", "/api/tasks", signal);

/** Throws `Problem`: `not_found`, `forbidden`, `document_locked`, `document_broken`, or one that passes. */
export const tickTask = (task: Task, isDone: boolean): Promise<void> => {
  const body = JSON.stringify({ item_id: task.item_id, is_done: isDone });
  return call("PUT", `/api/tasks/${encodeURIComponent(task.document_id)}`, undefined, body);
};
