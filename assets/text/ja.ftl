# What people read, in English. Every text here has its twin in ja.ftl; a test compares the two.

## Errors
error-interrupted = Stopped.

## Files
error-file = { $path }: { $cause }
error-file-missing = { $path } が見つかりません。
error-file-denied = { $path }: 権限がありません（{ $cause }）。
error-disk-full = { $path }: ディスクの空き容量がありません。
hint-disk-full = 空き容量を増やすか、別のディスクに書き出してください。元からあったファイルは変更されていません。

## Output
error-output = 書き出しに失敗しました: { $cause }
error-output-format = 出力形式「{ $name }」はありません。
error-output-extension = { $path } という名前からは出力形式を判断できません。
error-output-compressed = { $path }: { $name } は形式自体が圧縮に対応しています。
error-output-folder = { $path } はフォルダーです。その中のファイル名を指定してください。
hint-output-format = --format で次のいずれかを指定してください: { $names }
hint-output-compressed = 最後の拡張子を外してください。
error-xlsx-rows = Excel のシートに入るのは見出しを除いて 1,048,575 行までですが、この表は { $count } 行以上あります。
hint-xlsx-rows = Parquet か CSV で書き出すか、--limit で行数を減らしてください。
error-xlsx-columns = Excel のシートに入るのは 16,384 列までですが、この表は { $count } 列あります。
hint-xlsx-columns = Parquet か CSV で書き出すか、--columns で列を選んでください。
notice-cut = 先頭の { $limit } 行だけを書き出しました。続きがあります。
notice-guarded = 表計算ソフトが数式とみなす { $count } 件の文字列の先頭に、アポストロフィを付けました。
notice-nulled = NaN または無限大の数値 { $count } 件を null として書き出しました。
notice-text-cut = { $count } 件の文字列を、Excel のセルに入る 32,767 文字までで切りました。
notice-long-numbers = Excel で扱える桁数を超える数値 { $count } 件を、文字列として書き出しました。
notice-zone-lost = Excel にはタイムゾーンがないため、{ $count } 列を { $zone } などの現地時刻で書き出しました。
output-missing = ∅
output-more-columns = … ほか { $count } 列
