-- Pembisuan: a row a silence, what it keeps back in words, and whether it lasts at the newest minute.
WITH (SELECT tuple(groupArray(id), groupArray(name)) FROM (
        SELECT word AS id, label_id AS name FROM words WHERE about = 'kind'
        UNION ALL SELECT toString(area), name FROM areas
        UNION ALL SELECT toString(camera_id), name FROM cameras_now
        UNION ALL SELECT toString(place_id), name FROM places
    )) AS nama
SELECT
    '' AS area,
    '' AS owner,
    s.silence AS silence,
    arrayStringConcat(arrayMap(
        each -> concat(
            transform(each.1, ['rule', 'kind', 'severity', 'owner', 'category', 'area', 'place', 'camera', 'zone', 'site'],
                ['aturan', 'jenis', 'kegawatan', 'pemilik', 'kategori', 'wilayah', 'tempat', 'kamera', 'zona', 'perekam'], each.1),
            ' ',
            arrayStringConcat(
                arrayMap(word -> transform(word, tupleElement(nama, 1), tupleElement(nama, 2), word), JSONExtract(each.2, 'Array(String)')),
                ' atau ')),
        JSONExtractKeysAndValuesRaw(s.matchers)), '; ') AS yang_dibisukan,
    $wib(s.since) AS mulai,
    $wib(s.until) AS selesai,
    s.until > n.newest AS kini,
    dateDiff('minute', n.newest, s.until) / 60 AS sisa_jam,
    s.reason AS alasan,
    s.officer AS officer,
    if(s.office = '', 'baris perintah', upper(s.office)) AS kantor
FROM silences AS s
CROSS JOIN (SELECT max(ts) + INTERVAL 1 MINUTE AS newest FROM health_now) AS n
