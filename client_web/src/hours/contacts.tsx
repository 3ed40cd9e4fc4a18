/** How two people were in contact: its shape beside its name. */

import {
  BookOpen,
  Eye,
  type LucideIcon,
  Mail,
  MapPin,
  MessagesSquare,
  Phone,
  Shapes,
  Users,
} from "lucide-react";
import type { ContactType } from "../protocol/generated";

export const CONTACT_TYPES = [
  "conference",
  "group",
  "observation",
  "phone",
  "email",
  "reading",
  "visit",
  "other",
] as const satisfies readonly ContactType[];

const ICONS: Readonly<Record<ContactType, LucideIcon>> = {
  conference: MessagesSquare,
  group: Users,
  observation: Eye,
  phone: Phone,
  email: Mail,
  reading: BookOpen,
  visit: MapPin,
  other: Shapes,
};

export function ContactIcon({ type, size = 18 }: { type: ContactType; size?: number }) {
  const Icon = ICONS[type];
  return <Icon size={size} aria-hidden="true" />;
}
