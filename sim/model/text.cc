#include "sim/model/text.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "core/base/overload.h"

namespace jfs::sim::model {
namespace {

std::string Escape(const std::string& text, const char* also) {
  std::string out;
  for (const char c : text) {
    if (c >= ' ' && c <= '~' && c != '%' && std::string(also).find(c) == std::string::npos) {
      out += c;
    } else {
      absl::StrAppend(&out, absl::StrFormat("%%%02X", static_cast<unsigned char>(c)));
    }
  }
  return out;
}

std::string Octal(uint16_t mode) { return absl::StrFormat("%o", mode); }

// " key=value", or nothing if there is none.
std::string If(const char* key, const std::optional<ns::Block>& block) {
  return block.has_value() ? absl::StrCat(" ", key, "=", TextOf(*block)) : "";
}
std::string If(const char* key, const std::optional<WallMillis>& time) {
  return time.has_value() ? absl::StrCat(" ", key, "=", time->value) : "";
}
std::string If(const char* key, const std::optional<std::string>& name) {
  return name.has_value() ? absl::StrCat(" ", key, "=", Word(*name)) : "";
}
std::string If(const char* key, const std::optional<uint64_t>& number) {
  return number.has_value() ? absl::StrCat(" ", key, "=", *number) : "";
}
std::string If(const char* key, uint64_t number) {
  return number != 0 ? absl::StrCat(" ", key, "=", number) : "";
}
std::string IfMode(const char* key, const std::optional<uint16_t>& mode) {
  return mode.has_value() ? absl::StrCat(" ", key, "=", Octal(*mode)) : "";
}
std::string IfQuota(const char* key, int64_t quota) {
  return quota == ns::SetQuota::kUnchanged ? "" : absl::StrCat(" ", key, "=", quota);
}
std::string Writer(const std::string& name) { return absl::StrCat(" writer=", Word(name)); }
std::string Entries(const std::vector<ns::AclEntry>& acl) {
  return acl.empty() ? "" : absl::StrCat(" entries=", TextOf(acl));
}

struct OperationText {
  std::string operator()(const ns::Mkdirs& c) const {
    return absl::StrCat("mkdirs ", Word(c.path), " mode=", Octal(c.mode),
                        c.create_parent ? "" : " parents=no", IfMode("unmasked", c.unmasked));
  }
  std::string operator()(const ns::Create& c) const {
    return absl::StrCat("create ", Word(c.path), " mode=", Octal(c.mode), " flags=", c.flags,
                        c.create_parent ? "" : " parents=no", " replication=", c.replication,
                        " block_size=", c.block_size, Writer(c.client_name),
                        IfMode("unmasked", c.unmasked), If("expired", c.expired_lease));
  }
  std::string operator()(const ns::Append& c) const {
    return absl::StrCat("append ", Word(c.path), c.new_block ? " newblock" : "",
                        Writer(c.client_name), If("expired", c.expired_lease));
  }
  std::string operator()(const ns::AddBlock& c) const {
    return absl::StrCat("addblock ", Word(c.path), If("id", c.file_id), If("previous", c.previous),
                        " servers=", c.live_data_servers, Writer(c.client_name));
  }
  std::string operator()(const ns::Complete& c) const {
    return absl::StrCat("complete ", Word(c.path), If("id", c.file_id), If("last", c.last),
                        Writer(c.client_name));
  }
  std::string operator()(const ns::AbandonBlock& c) const {
    return absl::StrCat("abandon ", Word(c.path), " block=", TextOf(c.block), If("id", c.file_id),
                        Writer(c.client_name));
  }
  std::string operator()(const ns::Fsync& c) const {
    return absl::StrCat("fsync ", Word(c.path), If("id", c.file_id),
                        If("length", c.last_block_length), Writer(c.client_name));
  }
  std::string operator()(const ns::UpdateBlockForPipeline& c) const {
    return absl::StrCat("newstamp block=", TextOf(c.block), Writer(c.client_name));
  }
  std::string operator()(const ns::UpdatePipeline& c) const {
    return absl::StrCat("pipeline old=", TextOf(c.old_block), " new=", TextOf(c.new_block),
                        Writer(c.client_name));
  }
  std::string operator()(const ns::RecoverLease& c) const {
    return absl::StrCat("recover ", Word(c.path), Writer(c.client_name));
  }
  std::string operator()(const ns::Truncate& c) const {
    return absl::StrCat("truncate ", Word(c.path), " length=", c.new_length, Writer(c.client_name),
                        If("expired", c.expired_lease));
  }
  std::string operator()(const ns::Concat& c) const {
    std::string text = absl::StrCat("concat ", Word(c.target));
    for (const std::string& source : c.sources) absl::StrAppend(&text, " ", Word(source));
    return text;
  }
  std::string operator()(const ns::SetReplication& c) const {
    return absl::StrCat("setrep ", Word(c.path), " replication=", c.replication);
  }
  std::string operator()(const ns::SetQuota& c) const {
    return absl::StrCat("quota ", Word(c.path), IfQuota("names", c.names),
                        IfQuota("space", c.space));
  }
  std::string operator()(const ns::ModifyAclEntries& c) const {
    return absl::StrCat("acl-modify ", Word(c.path), Entries(c.entries));
  }
  std::string operator()(const ns::RemoveAclEntries& c) const {
    return absl::StrCat("acl-remove ", Word(c.path), Entries(c.entries));
  }
  std::string operator()(const ns::RemoveDefaultAcl& c) const {
    return absl::StrCat("acl-remove-default ", Word(c.path));
  }
  std::string operator()(const ns::RemoveAcl& c) const {
    return absl::StrCat("acl-clear ", Word(c.path));
  }
  std::string operator()(const ns::SetAcl& c) const {
    return absl::StrCat("acl-set ", Word(c.path), Entries(c.entries));
  }
  std::string operator()(const ns::SetXAttr& c) const {
    return absl::StrCat("xattr-set ", Word(c.path), " name=", TextOf(c.xattr.name),
                        " value=", Word(c.xattr.value), " flags=", c.flags);
  }
  std::string operator()(const ns::RemoveXAttr& c) const {
    return absl::StrCat("xattr-remove ", Word(c.path), " name=", TextOf(c.name));
  }
  std::string operator()(const ns::SetSafeMode& c) const {
    return c.on ? "safemode enter" : "safemode leave";
  }
  std::string operator()(const ns::SetMirror& c) const {
    return absl::StrCat("mirror ", c.on ? "on" : "off", " outbox_bytes=", c.outbox_bytes);
  }
  std::string operator()(const ns::MirrorProgress& c) const {
    return absl::StrCat("mirrored sequence=", c.sequence);
  }
  std::string operator()(const ns::DisableMirror&) const { return "mirror-disable"; }
  std::string operator()(const ns::BeginRecovery& c) const {
    return absl::StrCat("recovery-begin lineage=", c.lineage, " last=", c.last,
                        " cluster=", Word(c.cluster), " directories=", c.directories,
                        " files=", c.files, " bytes=", c.bytes);
  }
  std::string operator()(const ns::LoadRows& c) const {
    return absl::StrCat("recovery-load rows=", c.rows.size(), " from=", Word(c.from),
                        " to=", Word(c.to));
  }
  std::string operator()(const ns::FinishRecovery& c) const {
    return absl::StrCat("recovery-finish ", c.ok ? "ok" : "failed",
                        c.reason.empty() ? "" : absl::StrCat(" reason=", Word(c.reason)));
  }
  std::string operator()(const ns::ClaimRecovered& c) const {
    return absl::StrCat("recovery-claim lineage=", c.lineage,
                        " mirror=", c.mirror_on ? "on" : "off", " outbox_bytes=", c.outbox_bytes);
  }
  std::string operator()(const ns::Delete& c) const {
    return absl::StrCat("delete ", Word(c.path), c.recursive ? " recursive" : "");
  }
  std::string operator()(const ns::Rename& c) const {
    return absl::StrCat("rename ", Word(c.source), " ", Word(c.target));
  }
  std::string operator()(const ns::Rename2& c) const {
    return absl::StrCat("rename2 ", Word(c.source), " ", Word(c.target),
                        c.overwrite ? " overwrite" : "", c.to_trash ? " trash" : "");
  }
  std::string operator()(const ns::SetTimes& c) const {
    return absl::StrCat("times ", Word(c.path), If("mtime", c.mtime), If("atime", c.atime));
  }
  std::string operator()(const ns::SetPermission& c) const {
    return absl::StrCat("chmod ", Word(c.path), " ", Octal(c.mode));
  }
  std::string operator()(const ns::SetOwner& c) const {
    return absl::StrCat("chown ", Word(c.path), If("user", c.user), If("group", c.group));
  }
  std::string operator()(const ns::ImportFile& c) const {
    return absl::StrCat("import ", Word(c.path), " mode=", Octal(c.mode), " user=", Word(c.user),
                        " group=", Word(c.group), " mtime=", c.mtime.value,
                        " atime=", c.atime.value, " replication=", c.replication,
                        " block_size=", c.block_size, " length=", c.length);
  }
  std::string operator()(const ns::CreateNamespace& c) const {
    return absl::StrCat("namespace ", Word(c.name));
  }
  std::string operator()(const ns::Advance&) const { return "advance"; }
  std::string operator()(const ns::FinishDeletes& c) const {
    return absl::StrCat("finish-deletes rows=", c.max_rows);
  }
  std::string operator()(const ns::ReleaseLease& c) const {
    return absl::StrCat("release holder=", Word(c.holder), " lease=", c.lease);
  }
  std::string operator()(const ns::SetAccessTime& c) const {
    return absl::StrCat("accessed ", Word(c.path), " id=", c.file_id);
  }
  std::string operator()(const ns::SetLimits& c) const {
    return absl::StrCat("limits retry_bytes=", c.retry_cache_bytes,
                        " retry_millis=", c.retry_cache_millis, " name=", c.max_name_bytes,
                        " path=", c.max_path_characters, " depth=", c.max_path_depth,
                        " items=", c.max_directory_items, " blocks=", c.max_blocks_per_file,
                        " block_size=", c.min_block_size, " least_replication=", c.min_replication,
                        " most_replication=", c.max_replication,
                        " access_precision=", c.access_time_precision_millis);
  }
};

struct QueryText {
  std::string operator()(const ns::GetFileInfo& q) const {
    return absl::StrCat("info ", Word(q.path));
  }
  std::string operator()(const ns::GetListing& q) const {
    return absl::StrCat("list ", Word(q.path), q.need_locations ? " locations" : "",
                        " after=", Word(q.start_after), " limit=", q.limit);
  }
  std::string operator()(const ns::GetContentSummary& q) const {
    return absl::StrCat("count ", Word(q.path));
  }
  std::string operator()(const ns::GetBlockLocations& q) const {
    return absl::StrCat("locate ", Word(q.path), " offset=", q.offset, " length=", q.length);
  }
  std::string operator()(const ns::GetLocatedFileInfo& q) const {
    return absl::StrCat("located ", Word(q.path));
  }
  std::string operator()(const ns::GetQuotaUsage& q) const {
    return absl::StrCat("usage ", Word(q.path));
  }
  std::string operator()(const ns::IsFileClosed& q) const {
    return absl::StrCat("closed ", Word(q.path));
  }
  std::string operator()(const ns::CheckAccess& q) const {
    return absl::StrCat("access ", Word(q.path), " rights=", TextOfAccess(q.access));
  }
  std::string operator()(const ns::GetAclStatus& q) const {
    return absl::StrCat("acl ", Word(q.path));
  }
  std::string operator()(const ns::GetXAttrs& q) const {
    const std::string names = absl::StrJoin(
        q.names, ",",
        [](std::string* out, const ns::XAttrName& name) { absl::StrAppend(out, TextOf(name)); });
    return absl::StrCat("xattrs ", Word(q.path), names.empty() ? "" : " names=", names);
  }
  std::string operator()(const ns::ListXAttrs& q) const {
    return absl::StrCat("xattr-names ", Word(q.path));
  }
  std::string operator()(const ns::ListOpenFiles& q) const {
    return absl::StrCat("open-files ", Word(q.below), " after=", q.start_after, " limit=", q.limit);
  }
  std::string operator()(const ns::GetSafeMode&) const { return "in-safemode"; }
};

std::string Front(ns::NamespaceId ns, const ns::Caller& caller) {
  return absl::StrCat(ns == 1 ? "" : absl::StrCat("in=", ns, " "),
                      caller.superuser ? "" : absl::StrCat(Word(caller.user), " "));
}

struct ValueText {
  std::string operator()(std::monostate) const { return "done"; }
  std::string operator()(const ns::Truth& v) const { return v.value ? "true" : "false"; }
  std::string operator()(const ns::Absent&) const { return "absent"; }
  std::string operator()(const ns::FileStatus& v) const {
    std::string text = absl::StrFormat(
        "%s %o%s %s:%s mtime=%d atime=%d id=%d", v.type == ns::FileType::kFile ? "file" : "dir",
        v.mode, v.has_acl ? "+" : "", v.owner, v.group, v.mtime.value, v.atime.value, v.id);
    if (v.type == ns::FileType::kFile) {
      absl::StrAppend(&text, " length=", v.length, " replication=", v.replication,
                      " block_size=", v.block_size);
    } else {
      absl::StrAppend(&text, " children=", v.children);
    }
    return text;
  }
  std::string operator()(const ns::Listing& v) const {
    std::string text;
    for (size_t i = 0; i < v.entries.size(); ++i) {
      absl::StrAppend(&text, Printable(v.entries[i].name), " ", (*this)(v.entries[i]), "\n");
      if (i < v.locations.size()) absl::StrAppend(&text, (*this)(v.locations[i]), "\n");
    }
    return absl::StrCat(text, v.remaining, " more");
  }
  std::string operator()(const ns::ContentSummary& v) const {
    return absl::StrCat(v.directories, " directories, ", v.files, " files, ", v.length, " bytes, ",
                        v.space_consumed, " with copies", Quotas(v.name_quota, v.space_quota));
  }
  std::string operator()(const ns::BlockLocations& v) const {
    std::string text = absl::StrCat(v.file_length, " bytes in blocks of ", v.block_size,
                                    v.under_construction ? ", open" : ", closed");
    uint64_t offset = v.first_offset;
    for (const auto& block : v.blocks) {
      absl::StrAppend(&text, "\n", TextOf(block), " at ", offset);
      offset += block.bytes;
    }
    if (v.last_block.has_value()) {
      absl::StrAppend(&text, "\nlast ", TextOf(*v.last_block),
                      v.last_block_complete ? ", complete" : "");
    }
    return text;
  }
  std::string operator()(const ns::Block& v) const { return TextOf(v); }
  std::string operator()(const ns::NewNamespace& v) const {
    return absl::StrCat("namespace ", v.id);
  }
  std::string operator()(const ns::AppendPoint& v) const {
    return absl::StrCat(v.last_block.has_value()
                            ? absl::StrCat("in ", TextOf(*v.last_block), " at ", v.offset)
                            : std::string("in a new block"),
                        " of ", (*this)(v.status));
  }
  std::string operator()(const ns::LocatedStatus& v) const {
    return absl::StrCat((*this)(v.status), v.locations.has_value() ? "\n" : "",
                        v.locations.has_value() ? (*this)(*v.locations) : "");
  }
  std::string operator()(const ns::QuotaUsage& v) const {
    return absl::StrCat(v.names, " names, ", v.space_consumed, " with copies",
                        Quotas(v.name_quota, v.space_quota));
  }
  std::string operator()(const ns::AclStatus& v) const {
    return absl::StrCat(v.owner, ":", v.group, " ", Octal(v.mode), " acl=", TextOf(v.entries));
  }
  std::string operator()(const ns::XAttrs& v) const {
    return v.xattrs.empty()
               ? "no attributes"
               : absl::StrJoin(v.xattrs, "\n", [](std::string* out, const ns::XAttr& xattr) {
                   absl::StrAppend(out, TextOf(xattr.name), "=", Printable(xattr.value));
                 });
  }
  std::string operator()(const ns::OpenFileList& v) const {
    std::string text;
    for (const auto& file : v.files) {
      absl::StrAppend(&text, file.id, " ", Printable(file.path), " by ", Printable(file.holder),
                      " on ", file.holder_address, "\n");
    }
    return absl::StrCat(text, v.more ? "and more" : "no more");
  }

  static std::string Quotas(int64_t names, int64_t space) {
    return absl::StrCat(names < 0 ? "" : absl::StrCat(", name quota ", names),
                        space < 0 ? "" : absl::StrCat(", space quota ", space));
  }
};

}  // namespace

std::string Printable(const std::string& text) { return Escape(text, ""); }

std::string Word(const std::string& text) { return text.empty() ? "%-" : Escape(text, " =,"); }

std::string TextOf(const ns::Operation& operation) {
  return std::visit(OperationText{}, operation);
}
std::string TextOf(const ns::Query& query) { return std::visit(QueryText{}, query); }
std::string TextOf(const ns::Value& value) { return std::visit(ValueText{}, value); }

std::string TextOf(const ns::Command& command) {
  return absl::StrCat(
      Front(command.ns, command.caller),
      command.call.remembered() ? absl::StrCat("retry=", command.call.call, " ") : "",
      TextOf(command.operation));
}

std::string TextOf(const ns::ReadRequest& request) {
  return absl::StrCat(Front(request.ns, request.caller), TextOf(request.query));
}

std::string TextOf(const ns::AclEntry& entry) {
  static constexpr const char* kTypes[] = {"user", "group", "mask", "other"};
  return absl::StrCat(entry.scope == ns::AclScope::kDefault ? "default:" : "",
                      kTypes[static_cast<int>(entry.type)], ":", entry.name, ":",
                      TextOfAccess(entry.permission));
}

std::string TextOf(const std::vector<ns::AclEntry>& acl) {
  return absl::StrJoin(acl, ",", [](std::string* out, const ns::AclEntry& entry) {
    absl::StrAppend(out, TextOf(entry));
  });
}

std::string TextOf(const ns::XAttrName& name) {
  static constexpr const char* kSpaces[] = {"user", "trusted", "security", "system", "raw"};
  return absl::StrCat(kSpaces[static_cast<int>(name.space)], ".", Escape(name.name, " =,"));
}

std::string TextOfAccess(int access) {
  return absl::StrCat((access & 4) != 0 ? "r" : "-", (access & 2) != 0 ? "w" : "-",
                      (access & 1) != 0 ? "x" : "-");
}

std::string TextOf(const ns::Block& block) {
  return absl::StrCat(block.id, "_", block.generation_stamp, ":", block.bytes);
}

}  // namespace jfs::sim::model
