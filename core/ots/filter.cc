#include "core/ots/filter.h"

#include <utility>

#include "absl/status/status.h"

#include "core/base/check.h"
#include "core/base/concat.h"
#include "core/ots/parse_message.h"
#include "core/ots/plain_buffer.h"
#include "core/ots/proto/tablestore.pb.h"

namespace jfs::ots {
namespace {

wire::Filter ToWire(const Filter& filter) {
  wire::Filter out;
  switch (filter.kind) {
    case Filter::Kind::kCompare: {
      wire::SingleColumnValueFilter single;
      single.set_comparator(static_cast<wire::Comparator>(filter.comparator));
      single.set_column_name(filter.column);
      single.set_column_value(EncodeBareValue(filter.value));
      single.set_filter_if_missing(!filter.pass_if_missing);
      single.set_latest_version_only(filter.latest_version_only);
      if (filter.regex.has_value()) {
        single.mutable_value_trans_rule()->set_regex(*filter.regex);
        if (filter.cast_type.has_value()) {
          single.mutable_value_trans_rule()->set_cast_type(
              static_cast<wire::CastType>(*filter.cast_type));
        }
      }
      out.set_type(wire::SINGLE_COLUMN_VALUE);
      out.set_filter(single.SerializeAsString());
      return out;
    }
    case Filter::Kind::kPagination: {
      wire::ColumnPaginationFilter pagination;
      pagination.set_offset(filter.offset);
      pagination.set_limit(filter.limit);
      out.set_type(wire::COLUMN_PAGINATION);
      out.set_filter(pagination.SerializeAsString());
      return out;
    }
    case Filter::Kind::kNot:
    case Filter::Kind::kAnd:
    case Filter::Kind::kOr:
      break;
  }
  wire::CompositeColumnValueFilter composite;
  if (filter.kind == Filter::Kind::kNot) {
    CHECK_EQ(filter.operands.size(), 1u);
    composite.set_combinator(wire::LOGICAL_NOT);
  } else {
    CHECK_GE(filter.operands.size(), 2u);
    composite.set_combinator(filter.kind == Filter::Kind::kAnd ? wire::LOGICAL_AND
                                                               : wire::LOGICAL_OR);
  }
  for (const Filter& operand : filter.operands) *composite.add_sub_filters() = ToWire(operand);
  out.set_type(wire::COMPOSITE_COLUMN_VALUE);
  out.set_filter(composite.SerializeAsString());
  return out;
}

absl::Status ParseError() {
  return absl::InvalidArgumentError("Parse PBMessage from RawString failed.");
}

// Counts down `nodes`, which also bounds the recursion.
absl::StatusOr<Filter> FromWire(const wire::Filter& in, size_t* nodes) {
  if (*nodes == 0) {
    return absl::InvalidArgumentError(
        Concat("The count of filter exceeds the max: ", kMaxFilterNodes, "."));
  }
  --*nodes;
  Filter out;
  switch (in.type()) {
    case wire::SINGLE_COLUMN_VALUE: {
      wire::SingleColumnValueFilter single;
      if (!ParseMessage(in.filter(), &single)) return ParseError();
      out.column = single.column_name();
      out.comparator = static_cast<Comparator>(single.comparator());
      absl::StatusOr<Value> value = DecodeBareValue(single.column_value());
      if (!value.ok()) return absl::InvalidArgumentError(value.status().message());
      out.value = *std::move(value);
      out.pass_if_missing = !single.filter_if_missing();
      out.latest_version_only = single.latest_version_only();
      if (single.has_value_trans_rule()) {
        out.regex = single.value_trans_rule().regex();
        if (single.value_trans_rule().has_cast_type()) {
          out.cast_type = single.value_trans_rule().cast_type();
        }
      }
      return out;
    }
    case wire::COLUMN_PAGINATION: {
      wire::ColumnPaginationFilter pagination;
      if (!ParseMessage(in.filter(), &pagination)) return ParseError();
      out.kind = Filter::Kind::kPagination;
      out.offset = pagination.offset();
      out.limit = pagination.limit();
      if (out.offset < 0 || out.limit < 0) {
        return absl::InvalidArgumentError("Offset and limit of a pagination must not be negative.");
      }
      return out;
    }
    case wire::COMPOSITE_COLUMN_VALUE:
      break;
  }
  wire::CompositeColumnValueFilter composite;
  if (!ParseMessage(in.filter(), &composite)) return ParseError();
  const bool negation = composite.combinator() == wire::LOGICAL_NOT;
  out.kind = negation                                      ? Filter::Kind::kNot
             : composite.combinator() == wire::LOGICAL_AND ? Filter::Kind::kAnd
                                                           : Filter::Kind::kOr;
  const int count = composite.sub_filters_size();
  if (negation ? count != 1 : count < 2) {
    return absl::InvalidArgumentError(
        Concat("A filter combined by ", negation ? "NOT" : "AND or OR", " has ", count, " parts."));
  }
  for (const wire::Filter& sub : composite.sub_filters()) {
    absl::StatusOr<Filter> operand = FromWire(sub, nodes);
    if (!operand.ok()) return operand.status();
    out.operands.push_back(*std::move(operand));
  }
  return out;
}

Filter Combine(Filter::Kind kind, std::vector<Filter> operands) {
  Filter filter;
  filter.kind = kind;
  filter.operands = std::move(operands);
  return filter;
}

}  // namespace

Filter CompareColumn(std::string column, Comparator comparator, Value value, bool pass_if_missing) {
  Filter filter;
  filter.column = std::move(column);
  filter.comparator = comparator;
  filter.value = std::move(value);
  filter.pass_if_missing = pass_if_missing;
  return filter;
}

Filter Not(Filter operand) {
  std::vector<Filter> operands;
  operands.push_back(std::move(operand));
  return Combine(Filter::Kind::kNot, std::move(operands));
}

Filter And(std::vector<Filter> operands) {
  return Combine(Filter::Kind::kAnd, std::move(operands));
}

Filter Or(std::vector<Filter> operands) { return Combine(Filter::Kind::kOr, std::move(operands)); }

std::string EncodeFilter(const Filter& filter) { return ToWire(filter).SerializeAsString(); }

absl::StatusOr<Filter> DecodeFilter(std::string_view bytes) {
  wire::Filter filter;
  if (!ParseMessage(bytes, &filter)) return ParseError();
  size_t nodes = kMaxFilterNodes;
  return FromWire(filter, &nodes);
}

}  // namespace jfs::ots
