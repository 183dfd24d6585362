#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "net/http/status_server.h"
#include "nlohmann/json.hpp"
#include "prometheus/metric_family.h"
#include "prometheus/text_serializer.h"

namespace jfs::net {
namespace {

std::string Escape(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

constexpr char kStyle[] =
    "body{font:14px/1.4 sans-serif;margin:2em;color:#222}table{border-collapse:collapse;margin:0 0 "
    "1.5em}"
    "th,td{padding:.25em .8em;border-bottom:1px solid "
    "#ddd;text-align:left;font-variant-numeric:tabular-nums}"
    "th{color:#666;font-weight:normal}h1{font-size:1.4em}h2{font-size:1.1em}.bad{color:#b00}.good{"
    "color:#070}";

}  // namespace

std::string RenderHtml(const StatusSnapshot& snapshot) {
  std::string out = "<!doctype html><html><head><meta charset=\"utf-8\"><title>" +
                    Escape(snapshot.title) + "</title><style>" + kStyle +
                    "</style></head><body><h1>" + Escape(snapshot.title) + "</h1><p class=\"" +
                    (snapshot.healthy ? "good" : "bad") + "\">" + Escape(snapshot.health) + "</p>";
  for (const StatusTable& table : snapshot.tables) {
    std::string heading = table.name;
    if (!heading.empty() && heading[0] >= 'a' && heading[0] <= 'z') {
      heading[0] = static_cast<char>(heading[0] - 'a' + 'A');
    }
    out += "<h2>" + Escape(heading) + "</h2><table>";
    if (table.rows.size() == 1) {
      for (size_t i = 0; i < table.columns.size(); ++i) {
        out += "<tr><th>" + Escape(table.columns[i]) + "</th><td>" + Escape(table.rows[0][i]) +
               "</td></tr>";
      }
    } else {
      out += "<tr>";
      for (const std::string& column : table.columns) out += "<th>" + Escape(column) + "</th>";
      out += "</tr>";
      for (const std::vector<std::string>& row : table.rows) {
        out += "<tr>";
        for (const std::string& cell : row) out += "<td>" + Escape(cell) + "</td>";
        out += "</tr>";
      }
    }
    out += "</table>";
  }
  out +=
      "<p><a href=\"/status?format=json\">JSON</a> <a href=\"/metrics\">metrics</a> "
      "<a href=\"/health\">health</a></p></body></html>\n";
  return out;
}

std::string RenderJson(const StatusSnapshot& snapshot) {
  nlohmann::ordered_json out;
  out["title"] = snapshot.title;
  out["healthy"] = snapshot.healthy;
  out["health"] = snapshot.health;
  for (const StatusTable& table : snapshot.tables) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const std::vector<std::string>& row : table.rows) {
      CHECK_EQ(row.size(), table.columns.size()) << "table " << table.name;
      nlohmann::ordered_json object = nlohmann::ordered_json::object();
      for (size_t i = 0; i < row.size(); ++i) object[table.columns[i]] = row[i];
      rows.push_back(std::move(object));
    }
    out[table.name] = rows.size() == 1 ? rows[0] : rows;
  }
  // Names of files and users may be any bytes; JSON may not.
  return out.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string RenderMetrics(const StatusSnapshot& snapshot) {
  std::vector<prometheus::MetricFamily> families;
  std::map<std::string, size_t> places;
  for (const Metric& metric : snapshot.metrics) {
    const auto [it, first] = places.emplace(metric.name, families.size());
    const bool counter = metric.type == Metric::Type::kCounter;
    if (first) {
      prometheus::MetricFamily family;
      family.name = metric.name;
      family.help = metric.help;
      family.type = counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
      families.push_back(std::move(family));
    }
    prometheus::ClientMetric out;
    for (const auto& [name, value] : metric.labels) out.label.push_back({name, value});
    if (counter) {
      out.counter.value = metric.value;
    } else {
      out.gauge.value = metric.value;
    }
    families[it->second].metric.push_back(std::move(out));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace jfs::net
