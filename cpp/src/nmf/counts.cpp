#include "pauca/nmf/counts.hpp"

namespace pauca::nmf {

Vector document_totals(const CountTable& c) {
  Vector total = Vector::Zero(c.n_documents);
  for (Index d = 0; d < c.n_documents; ++d) {
    for (auto e = c.starts[d]; e < c.starts[d + 1]; ++e) total[d] += c.values[e];
  }
  return total;
}

Vector word_totals(const CountTable& c) {
  Vector total = Vector::Zero(c.n_words);
  for (Index e = 0; e < c.entries(); ++e) total[c.words[e]] += c.values[e];
  return total;
}

void times_documents(const CountTable& c, ConstMatrixRef right, const double* scale, MatrixRef out) {
  out.setZero();
  for (Index d = 0; d < c.n_documents; ++d) {
    const double s = scale ? scale[d] : 1.0;
    auto column = out.col(d);
    for (auto e = c.starts[d]; e < c.starts[d + 1]; ++e) column += (s * c.values[e]) * right.col(c.words[e]);
  }
}

void times_words(const CountTable& c, ConstMatrixRef left, const double* scale, MatrixRef out) {
  out.setZero();
  for (Index d = 0; d < c.n_documents; ++d) {
    const double s = scale ? scale[d] : 1.0;
    const auto column = left.col(d);
    for (auto e = c.starts[d]; e < c.starts[d + 1]; ++e) out.col(c.words[e]) += (s * c.values[e]) * column;
  }
}

void normalise_columns(MatrixRef m) {
  for (Index j = 0; j < m.cols(); ++j) {
    const double sum = m.col(j).sum();
    if (sum > 0.0) {
      m.col(j) /= sum;
    } else {
      m.col(j).setConstant(1.0 / static_cast<double>(m.rows()));
    }
  }
}

void normalise_rows(MatrixRef m) {
  const Vector sum = m.rowwise().sum();
  for (Index k = 0; k < m.rows(); ++k) {
    if (sum[k] > 0.0) {
      m.row(k) /= sum[k];
    } else {
      m.row(k).setConstant(1.0 / static_cast<double>(m.cols()));
    }
  }
}

}  // namespace pauca::nmf
