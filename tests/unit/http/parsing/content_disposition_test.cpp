#include "http/parsing/content_disposition.h"

#include <doctest/doctest.h>

#include <string>

using namespace vcache;
using namespace vcache::http;

namespace {

/// The file name of a part with these parameters beside its name.
std::string FileName(const std::string& parameters) {
  const auto parsed = ParseContentDisposition("form-data; name=f; " + parameters);
  return parsed ? parsed->file_name.value_or("(no file)") : "(malformed)";
}

}  // namespace

TEST_CASE("ParseContentDisposition: name and file name, quoted or not (H17)") {
  const auto parsed = ParseContentDisposition("FORM-DATA ; filename=\"a b.jpg\";NAME=\"my file\"");
  REQUIRE(parsed);
  CHECK(parsed->name == "my file");
  CHECK(parsed->file_name == "a b.jpg");
  CHECK(FileName("") == "(no file)");
  CHECK(FileName("filename=a.jpg") == "a.jpg");
  CHECK(FileName("filename=\"\"") == "");
  CHECK(ParseContentDisposition("form-data; name=\"\"")->name == "");
}

TEST_CASE("ParseContentDisposition: quotes escaped by backslash or as browsers do (H17)") {
  CHECK(FileName(R"(filename="a\"b.jpg")") == "a\"b.jpg");
  CHECK(FileName("filename=\"a%22b.jpg\"") == "a\"b.jpg");
  CHECK(FileName("filename=\"50%.jpg\"") == "50%.jpg");
  CHECK(FileName("filename=\"a%0D%0Ab%00\"") == "a%0D%0Ab%00");
  CHECK(FileName("filename=\"\xC3\xA9;=.jpg\"") == "\xC3\xA9;=.jpg");
  CHECK(ParseContentDisposition("form-data; name=\"a%22b\"")->name == "a\"b");
}

TEST_CASE("ParseContentDisposition: no path is kept, of either kind (H17)") {
  CHECK(FileName("filename=\"/etc/passwd\"") == "passwd");
  CHECK(FileName("filename=\"../../x\"") == "x");
  CHECK(FileName(R"(filename="C:\photos\new.jpg")") == "new.jpg");
  CHECK(FileName(R"(filename="C:\\photos\\new.jpg")") == "new.jpg");
  CHECK(FileName("filename=\"dir/\"") == "");
  CHECK(FileName("filename=\"..\"") == "");
  CHECK(FileName("filename=\"a/.\"") == "");
  CHECK(FileName("filename*=UTF-8''..%2F..%5Cx%2Fy") == "y");
}

TEST_CASE("ParseContentDisposition: a valid filename* wins, wherever it stands (H17)") {
  CHECK(FileName("filename=\"e.jpg\"; filename*=UTF-8''%c3%a9.jpg") == "\xC3\xA9.jpg");
  CHECK(FileName("filename*=utf-8'en'%E2%82%AC%20x; filename=e") == "\xE2\x82\xAC x");
  CHECK(FileName("filename*=UTF-8''plain-name_1.jpg") == "plain-name_1.jpg");
  CHECK(FileName("filename*=UTF-8''%F0%9F%98%80") == "\xF0\x9F\x98\x80");
}

TEST_CASE("ParseContentDisposition: what popular clients leave unescaped in filename* (H17)") {
  CHECK(FileName("filename*=UTF-8''photo%20(1).jpg") == "photo (1).jpg");
  CHECK(FileName("filename=p.jpg; filename*=UTF-8''photo%20(1).jpg") == "photo (1).jpg");
  CHECK(FileName("filename*=UTF-8''it's*(the)!~one.jpg") == "it's*(the)!~one.jpg");
  CHECK(FileName("filename*=UTF-8''a@b,c:d=e[f]{g}?.jpg") == "a@b,c:d=e[f]{g}?.jpg");
  CHECK(FileName("filename*=\"UTF-8''photo 1;2.jpg\"") == "photo 1;2.jpg");
  CHECK(FileName("filename*=UTF-8''\xC3\xA9.jpg") == "\xC3\xA9.jpg");
}

TEST_CASE("ParseContentDisposition: an invalid filename* falls back to filename (H17)") {
  for (const char* extended : {"e",
                               "UTF-8'e",
                               "UTF-8''",
                               "latin1''%e9",
                               "ISO-8859-1''%e9",
                               "UTF-8''%",
                               "UTF-8''%4",
                               "UTF-8''%zz",
                               "UTF-8''%e9",
                               "UTF-8''%c0%af",
                               "UTF-8''%ed%a0%80",
                               "UTF-8''%f4%90%80%80",
                               "UTF-8''%e0%80%af",
                               "UTF-8''%f0%8f%bf%bf",
                               "UTF-8''%ff",
                               "UTF-8''%c3",
                               "UTF-8''%00",
                               "UTF-8''a%0Ab",
                               "UTF-8''a/b",
                               "UTF-8''photo%2(1).jpg",
                               "UTF-8''\xE9.jpg"}) {
    CAPTURE(extended);
    CHECK(FileName("filename=plain; filename*=" + std::string(extended)) == "plain");
    CHECK(FileName("filename*=" + std::string(extended)) == "");  // a file without a name
  }
}

TEST_CASE("ParseContentDisposition: refuses other dispositions, doubles and missing names (H17)") {
  for (const char* value :
       {"", "form-data", "form-data;", "attachment; name=f", "form-data name=f", "name=f",
        "form-data; filename=f", "form-data; name=f; name=f", "form-data; name=f; NAME=g",
        "form-data; name", "form-data; name=", "form-data; name=\"f", "form-data; name=f\"",
        "form-data; name=f; filename=a b", "form-data; name=f; x=1; x=1", "form-data, name=f"}) {
    CAPTURE(value);
    CHECK_FALSE(ParseContentDisposition(value));
  }
}
