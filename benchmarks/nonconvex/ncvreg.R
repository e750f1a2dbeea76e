# A path by ncvreg: Rscript ncvreg.R FOLDER N P PENALTY GAMMA EPS
# FOLDER holds X.bin (column by column), y.bin, lambda.bin; CPU seconds go to seconds.txt, coefficients to beta.bin.
a <- commandArgs(trailingOnly = TRUE)
suppressPackageStartupMessages(library(ncvreg))
n <- as.integer(a[2])
p <- as.integer(a[3])
read <- function(name, size) readBin(file.path(a[1], name), "double", size)
X <- matrix(read("X.bin", n * p), n, p, dimnames = list(NULL, paste0("x", 1:p)))
y <- read("y.bin", n)
lambda <- read("lambda.bin", 10000)
start <- proc.time()
fit <- ncvreg(X, y, family = "gaussian", penalty = a[4], gamma = as.numeric(a[5]), lambda = lambda,
              eps = as.numeric(a[6]), max.iter = 1e7, returnX = FALSE, convex = FALSE, warn = FALSE)
spent <- proc.time() - start
beta <- matrix(0, p, length(lambda))
beta[, match(fit$lambda, lambda)] <- fit$beta[-1, ]
writeBin(as.vector(beta), file.path(a[1], "beta.bin"))
cat(spent[1] + spent[2], as.character(packageVersion("ncvreg")), "\n", file = file.path(a[1], "seconds.txt"))
